package dev.cameleon.mask;

/**
 * Thrown when there is no usable mask keyset; the process must not start. The message holds no key
 * material.
 */
public final class InvalidKeysetException extends Exception {
  private static final long serialVersionUID = 1L;

  InvalidKeysetException(String message) {
    super(message);
  }
}
