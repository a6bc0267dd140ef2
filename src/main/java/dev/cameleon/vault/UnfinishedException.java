package dev.cameleon.vault;

/** Work on the database that cannot come to its end: somebody works against it. */
public final class UnfinishedException extends Exception {
  private static final long serialVersionUID = 1L;

  UnfinishedException(String message) {
    super(message);
  }
}
