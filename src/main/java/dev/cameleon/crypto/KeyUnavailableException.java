package dev.cameleon.crypto;

/**
 * A private key that others keep cannot be used now, so that nothing more can be opened. The
 * message says why, and what to do.
 */
public final class KeyUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * With a sentence for the person who asked.
   *
   * @param message holds nothing secret or personal
   */
  public KeyUnavailableException(String message) {
    super(message);
  }
}
