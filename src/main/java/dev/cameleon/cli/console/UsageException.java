package dev.cameleon.cli.console;

/** Thrown when a command is used wrongly: exit code 2. */
public final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message a sentence for the operator; must not repeat arguments that may be personal
   */
  public UsageException(String message) {
    super(message);
  }
}
