package dev.cameleon.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs a Java command on local servers with some logins in the queue, to record what {@code run} uses for the image's ahead-of-time cache (deploy/Dockerfile).
 */
public final class Training {
  private static final int LOGINS = 2000;
  private static final long SEED = 1;
  private static final long LONGEST_MINUTES = 5;

  private Training() {}

  /**
   * Runs the command to its end, and exits with its exit code.
   *
   * @param command java with its options, and the jar; {@code run} and its options are added
   */
  public static void main(String[] command) throws Exception {
    int code = 1;
    try (CleanUp cleanUp = CleanUp.atExit()) {
      LocalSite site = LocalSite.start(cleanUp, Path.of("").toAbsolutePath(), "login-queue");
      site.queues().send(new SampleEvents(SEED).logins(LOGINS));
      List<String> all = new ArrayList<>(List.of(command));
      all.addAll(List.of("run", "--until-empty", "--timeout", "2m"));
      ProcessBuilder builder = new ProcessBuilder(all).inheritIO();
      builder.environment().putAll(site.settings());
      Process run = builder.start();
      cleanUp.add(run::destroyForcibly);
      code = run.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES) ? run.exitValue() : 1;
    }
    System.exit(code);
  }
}
