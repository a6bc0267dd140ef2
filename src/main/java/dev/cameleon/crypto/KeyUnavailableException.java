package dev.cameleon.crypto;

/**
 * Thrown when a private key in a key service cannot be used now, so that nothing more can be
 * opened. The message gives the reason and the remedy.
 */
public final class KeyUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message a sentence for the operator; holds nothing secret or personal
   */
  public KeyUnavailableException(String message) {
    super(message);
  }
}
