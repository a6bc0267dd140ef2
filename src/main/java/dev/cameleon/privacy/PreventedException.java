package dev.cameleon.privacy;

/**
 * Thrown when work on the database cannot finish because something else keeps undoing it, such as a
 * trigger or a loader.
 */
public final class PreventedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PreventedException(String message) {
    super(message);
  }
}
