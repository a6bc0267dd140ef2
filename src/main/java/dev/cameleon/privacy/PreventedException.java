package dev.cameleon.privacy;

/** Work on the database that cannot come to its end: somebody works against it. */
public final class PreventedException extends Exception {
  private static final long serialVersionUID = 1L;

  PreventedException(String message) {
    super(message);
  }
}
