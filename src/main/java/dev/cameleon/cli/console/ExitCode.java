package dev.cameleon.cli.console;

/** The exit codes. */
public final class ExitCode {
  /** Done. */
  public static final int DONE = 0;

  /** Failed while running. */
  public static final int FAILED = 1;

  /** Wrong usage or configuration. */
  public static final int WRONG = 2;

  private ExitCode() {}
}
