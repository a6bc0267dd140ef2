package dev.cameleon.crypto;

/**
 * Thrown when a key file cannot be used. The message says which and why, without any of its
 * content.
 */
public final class InvalidKeyFileException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message a sentence for the operator; holds nothing secret
   */
  public InvalidKeyFileException(String message) {
    super(message);
  }
}
