package dev.cameleon.mask;

/** There is no usable mask keyset: the process must not start. Never holds key material. */
public final class InvalidKeysetException extends Exception {
  private static final long serialVersionUID = 1L;

  InvalidKeysetException(String message) {
    super(message);
  }
}
