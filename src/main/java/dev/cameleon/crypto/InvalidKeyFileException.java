package dev.cameleon.crypto;

/** A key file cannot be used; the message says which and why, and holds nothing of its content. */
public final class InvalidKeyFileException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * With a sentence for the person who named the key.
   *
   * @param message holds nothing secret
   */
  public InvalidKeyFileException(String message) {
    super(message);
  }
}
