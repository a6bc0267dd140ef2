package dev.cameleon.cli.console;

/** The command was used wrongly: exit code 2. */
public final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }
}
