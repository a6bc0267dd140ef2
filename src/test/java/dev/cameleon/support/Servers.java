package dev.cameleon.support;

import java.nio.file.Files;
import java.nio.file.Path;

/** Runs both servers until the process ends or standard input is closed, for experiments. */
public final class Servers {
  private Servers() {}

  /** Starts them and prints how to connect. */
  public static void main(String[] arguments) throws Exception {
    try (LocalSqs sqs = LocalSqs.start();
        LocalPostgres postgres = LocalPostgres.start()) {
      StringBuilder lines = new StringBuilder();
      sqs.environment().forEach((k, v) -> lines.append("export " + k + "=" + v + "\n"));
      postgres
          .database()
          .environment()
          .forEach((k, v) -> lines.append("export " + k + "=" + v + "\n"));
      sqs.client().createQueue(r -> r.queueName("login-queue"));
      sqs.client().createQueue(r -> r.queueName("login-queue-dlq"));
      Files.writeString(Path.of(arguments[0]), lines);
      System.out.println(lines);
      while (System.in.read() >= 0) {}
    }
  }
}
