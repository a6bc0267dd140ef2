package dev.cameleon.errors;

/**
 * Thrown when the database or SQS does not answer: a command ends with exit code 1, the service
 * waits.
 */
public final class UnreachableException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String part;
  private final String publicWords;

  /**
   * A message that everybody may see.
   *
   * @param part {@code DATABASE} or {@code SQS}
   */
  public UnreachableException(String part, String message) {
    this(part, message, message);
  }

  /**
   * A message whose host and user not everybody may see.
   *
   * @param part {@code DATABASE} or {@code SQS}
   * @param message for the log and the person at the terminal
   * @param publicWords for whoever can reach the health endpoint: without host and user
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
