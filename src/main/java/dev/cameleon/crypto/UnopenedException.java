package dev.cameleon.crypto;

/** Thrown when a sealed body cannot be opened; the message holds nothing of the body. */
public final class UnopenedException extends Exception {
  private static final long serialVersionUID = 1L;

  /** The reason. */
  public enum Why {
    /** It does not have the format of a sealed body. */
    NOT_SEALED,
    /** Its format belongs to another version of Cameleon. */
    ANOTHER_VERSION,
    /** It is not sealed to this private key's recipient. */
    ANOTHER_KEY,
    /** It was damaged or changed after it was sealed. */
    CHANGED
  }

  private final Why why;

  UnopenedException(Why why, String message) {
    super(message);
    this.why = why;
  }

  /** The reason, for a caller that continues with other bodies. */
  public Why why() {
    return why;
  }
}
