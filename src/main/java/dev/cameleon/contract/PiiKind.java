package dev.cameleon.contract;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The kinds of personal values: the values of {@code x-pii} in the contract. */
public enum PiiKind {
  /** An IPv4 or IPv6 address; equal addresses get equal tokens in any spelling. */
  IP,
  /** A device id. */
  DEVICE,
  /** A mail address; equal addresses get equal tokens in upper and lower case. */
  EMAIL,
  /** A phone number; equal numbers get equal tokens in any spelling. */
  PHONE,
  /** Any text; masked in a domain named after its field. */
  TEXT;

  /** The word in the contract. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The token's domain for a field of this kind, by the field's path. */
  public String domain(String field) {
    return this == TEXT ? field : word();
  }

  static Optional<PiiKind> of(String word) {
    return Arrays.stream(values()).filter(kind -> kind.word().equals(word)).findFirst();
  }

  static String words() {
    return Arrays.stream(values()).map(PiiKind::word).collect(Collectors.joining(", "));
  }
}
