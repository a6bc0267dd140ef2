package dev.cameleon.crypto;

import dev.cameleon.errors.SafeQuote;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Thrown when a key file cannot be used. The message names the file and the reason, and quotes none
 * of its content.
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

  InvalidKeyFileException(Path file, String problem) {
    this(SafeQuote.path(file) + problem);
  }

  /** Creates the exception for a file that cannot be read. */
  public InvalidKeyFileException(Path file, IOException failure) {
    this(file, " cannot be read (" + failure.getClass().getSimpleName() + ")");
  }
}
