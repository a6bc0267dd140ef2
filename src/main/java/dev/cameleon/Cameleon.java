package dev.cameleon;

import dev.cameleon.cli.Cli;
import dev.cameleon.observe.Logging;

/** The program: hands the arguments to the command line. */
public final class Cameleon {
  private Cameleon() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    // Before the first logger exists.
    System.setProperty(Logging.FORMAT, Settings.value(System.getenv(), "cameleon.log"));
    System.exit(Cli.run(arguments));
  }
}
