package dev.cameleon.errors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.Cameleon;
import dev.cameleon.app.Scheduler;
import dev.cameleon.aws.AwsClients;
import dev.cameleon.load.RouteFailureHandler;
import dev.cameleon.sqs.ConcurrencyLimit;
import dev.cameleon.sqs.DeadLetterBrake;
import dev.cameleon.sqs.InFlightMessages;
import dev.cameleon.sqs.MessageTracing;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.sqs.ReceivingSqsClient;
import dev.cameleon.support.Commands;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageRequest;

/** A process ends with 3 if any part of it runs out of memory. */
class OutOfMemoryTest {
  @Test
  void aThreadThatDiesOfItEndsTheProcess() throws Exception {
    assertThat(exitCode("thread")).isEqualTo(3);
  }

  @Test
  void aPeriodicTaskThatFailsOfItEndsTheProcess() throws Exception {
    assertThat(exitCode("clock")).isEqualTo(3);
  }

  @Test
  void aReceiveThatFailsOfItEndsTheProcess() throws Exception {
    assertThat(exitCode("receive")).isEqualTo(3);
  }

  @Test
  void anExchangeThatFailsOfItEndsTheProcess() throws Exception {
    assertThat(exitCode("exchange")).isEqualTo(3);
  }

  @Test
  void aCommandThatFailsOfItEndsTheProcess(@TempDir Path folder) throws Exception {
    Site site = Site.in(folder);
    // No array can be this long, so the error takes neither memory nor time.
    try (RandomAccessFile contract =
        new RandomAccessFile(folder.resolve("routes/login.schema.json").toFile(), "rw")) {
      contract.setLength(3L << 30);
    }
    Program.Result result = Commands.run(site.environment(), folder, "check");
    assertThat(result.exitCode()).as(result.err()).isEqualTo(3);
    assertThat(result.err()).contains("out of memory");
  }

  private static int exitCode(String where) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    "-Daws.region=eu-central-1",
                    "-Daws.accessKeyId=x",
                    "-Daws.secretAccessKey=x",
                    Hungry.class.getName(),
                    where))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  /** Runs out of memory in one place. */
  static final class Hungry {
    private Hungry() {}

    public static void main(String[] where) {
      Cameleon.handleDeadThreads();
      switch (where[0]) {
        case "clock" ->
            new Scheduler(Executors.newScheduledThreadPool(1)).every(1, "hungry", Hungry::eat);
        case "receive" -> receive();
        case "exchange" -> {
          Exchange exchange = new DefaultExchange(new DefaultCamelContext());
          exchange.setProperty(Exchange.EXCEPTION_CAUGHT, new IllegalStateException(failure()));
          new RouteFailureHandler(null, null, null, null).returnToQueue(exchange);
        }
        default -> Executors.newFixedThreadPool(1).execute(Hungry::eat);
      }
    }

    private static OutOfMemoryError failure() {
      return new OutOfMemoryError("as a test has it");
    }

    private static void eat() {
      throw failure();
    }

    /** Polls like Camel, which would log any exception and poll again. */
    private static void receive() {
      ReceiveGate gate = new ReceiveGate();
      gate.start();
      DeadLetterBrake brake = new DeadLetterBrake(gate, 100);
      ExecutionInterceptor hungry =
          new ExecutionInterceptor() {
            @Override
            public void beforeTransmission(
                Context.BeforeTransmission call, ExecutionAttributes attributes) {
              eat();
            }
          };
      ReceivingSqsClient intake =
          new ReceivingSqsClient(
              AwsClients.sqs(1, hungry),
              gate,
              brake,
              new InFlightMessages(1, 1, brake, MessageTracing.OFF),
              new ConcurrencyLimit(1, () -> true, now -> {}),
              0,
              List.of());
      try {
        intake.receiveMessage(
            ReceiveMessageRequest.builder().queueUrl("http://localhost/0/q").build());
      } catch (OutOfMemoryError logged) {
        System.exit(0);
      }
    }
  }
}
