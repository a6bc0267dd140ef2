package dev.cameleon.crypto;

/** A sealed body cannot be opened; says why in words that hold nothing of the body. */
public final class UnopenedException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why a sealed body cannot be opened. */
  public enum Why {
    /** It has not the form of a sealed body. */
    NOT_SEALED,
    /** Its format is of another version of Cameleon. */
    ANOTHER_VERSION,
    /** It is sealed to other recipients than the holder of this private key. */
    ANOTHER_KEY,
    /** Something of it was damaged or changed after it was sealed. */
    CHANGED
  }

  private final Why why;

  UnopenedException(Why why, String message) {
    super(message);
    this.why = why;
  }

  /** Why, for whoever goes on with other bodies. */
  public Why why() {
    return why;
  }
}
