package dev.cameleon.mask;

/**
 * A personal value and its token: what the vault seals.
 *
 * @param token stands for the value
 * @param value as it came: personal
 */
public record Original(String token, String value) {
  /** Redacted. */
  @Override
  public String toString() {
    return "Original[" + token + "]";
  }
}
