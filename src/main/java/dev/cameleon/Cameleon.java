package dev.cameleon;

import dev.cameleon.cli.Cli;
import dev.cameleon.config.Settings;
import dev.cameleon.errors.OutOfMemory;
import dev.cameleon.observe.Logging;
import org.slf4j.LoggerFactory;

/** The program: hands the arguments to the command line. */
public final class Cameleon {
  private Cameleon() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    // Before the first logger exists.
    System.setProperty(Logging.FORMAT, Settings.value(System.getenv(), "cameleon.log"));
    handleDeadThreads();
    System.exit(Cli.run(System.getenv(), System.in, System.out, System.err, arguments));
  }

  /** Sets the handler of failures that end a thread. */
  public static void handleDeadThreads() {
    // The JVM's own handler would print the exception's message, which may quote personal data.
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, failure) -> {
          OutOfMemory.endIf(failure);
          LoggerFactory.getLogger(Cameleon.class)
              .error("The thread {} ended unexpectedly.", thread.getName(), failure);
        });
  }
}
