package dev.cameleon;

import dev.cameleon.cli.Cli;

/** The program: hands the arguments to the command line. */
public final class Cameleon {
  private Cameleon() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    // Before the first logger exists.
    System.setProperty("cameleon.log", Settings.log(System.getenv()));
    System.exit(Cli.run(arguments));
  }
}
