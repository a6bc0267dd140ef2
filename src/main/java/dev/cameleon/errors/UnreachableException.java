package dev.cameleon.errors;

/**
 * Thrown when the database or SQS does not answer: a command ends with exit code 1; the service
 * waits.
 */
public final class UnreachableException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String part;
  private final String publicWords;

  /**
   * Creates an exception whose message everybody may see.
   *
   * @param part {@code DATABASE} or {@code SQS}
   */
  public UnreachableException(String part, String message) {
    this(part, message, message);
  }

  /**
   * Creates an exception with a separate public message, because the host and user in the full
   * message are not for everybody.
   *
   * @param part {@code DATABASE} or {@code SQS}
   * @param message for the log and the person at the terminal
   * @param publicWords for everybody who can reach the health endpoint: without host and user
   */
  public UnreachableException(String part, String message, String publicWords) {
    super(message);
    this.part = part;
    this.publicWords = publicWords;
  }

  /** {@code DATABASE} or {@code SQS}. */
  public String part() {
    return part;
  }

  /** The message that readiness shows on the network. */
  public String publicWords() {
    return publicWords;
  }
}
