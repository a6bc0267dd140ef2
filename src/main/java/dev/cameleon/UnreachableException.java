package dev.cameleon;

/** The database or SQS does not answer: exit code 1, or wait. */
public final class UnreachableException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String part;

  /**
   * Makes one.
   *
   * @param part {@code DATABASE} or {@code SQS}
   */
  public UnreachableException(String part, String message) {
    super(message);
    this.part = part;
  }

  /** What does not answer. */
  public String part() {
    return part;
  }
}
