package dev.cameleon.mask;

/**
 * An event whose personal values are tokens. Only {@link Masker} makes one, and the loader takes
 * nothing else, so an unmasked event cannot reach the database.
 */
public final class MaskedRecord {
  private final String json;

  MaskedRecord(String json) {
    this.json = json;
  }

  /** The event's fields as the text of one JSON object, serialised once. */
  public String json() {
    return json;
  }

  /** Redacted: fields that are not personal by the contract may still be nobody's business. */
  @Override
  public String toString() {
    return "MaskedRecord[" + json.length() + " characters]";
  }
}
