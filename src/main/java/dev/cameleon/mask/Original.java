package dev.cameleon.mask;

/**
 * A personal value and its token, to be sealed in the vault.
 *
 * @param token the token that stands for the value
 * @param value as received: personal
 */
public record Original(String token, String value) {
  /** Leaves out the value. */
  @Override
  public String toString() {
    return "Original[" + token + "]";
  }
}
