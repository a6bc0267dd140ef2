package dev.cameleon.errors;

/** The database or SQS does not answer: exit code 1, or wait. */
public final class UnreachableException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String part;
  private final String publicWords;

  /**
   * Something does not answer.
   *
   * @param part {@code DATABASE} or {@code SQS}
   */
  public UnreachableException(String part, String message) {
    this(part, message, message);
  }

  /**
   * Something does not answer, and who asked where is not for everybody.
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

  /** What does not answer. */
  public String part() {
    return part;
  }

  /** The message as readiness tells it to the network. */
  public String publicWords() {
    return publicWords;
  }
}
