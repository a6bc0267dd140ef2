package dev.cameleon.contract;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import dev.cameleon.errors.SafeQuote;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Thrown when the contract file is wrong; the process must not start with it. */
public final class InvalidContractException extends Exception {
  private static final long serialVersionUID = 1L;

  /** The exception for a file that cannot be read. */
  public static InvalidContractException unreadable(Path file, IOException failure) {
    return new InvalidContractException(
        file, List.of("cannot be read (" + failure.getClass().getSimpleName() + ")"));
  }

  static InvalidContractException notJson(Path file, JsonProcessingException failure) {
    JsonLocation at = failure.getLocation();
    String place =
        at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
    return new InvalidContractException(
        file, List.of("is not valid JSON: " + failure.getOriginalMessage() + place));
  }

  InvalidContractException(Path file, List<String> problems) {
    super(SafeQuote.path(file) + " " + String.join("; ", problems));
  }
}
