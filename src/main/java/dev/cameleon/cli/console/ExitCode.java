package dev.cameleon.cli.console;

/** What the process ends with. */
public final class ExitCode {
  /** Done. */
  public static final int DONE = 0;

  /** Failed while running. */
  public static final int FAILED = 1;

  /** Wrong usage or configuration. */
  public static final int WRONG = 2;

  private ExitCode() {}
}
