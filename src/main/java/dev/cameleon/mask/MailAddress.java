package dev.cameleon.mask;

import java.net.IDN;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Locale;

/**
 * The canonical form of a mail address: NFC, lower case, the domain in IDNA. RFC 5321 allows a
 * case-sensitive local part, but no common provider has one, and people type both.
 */
final class MailAddress {
  private static final byte TYPE = 'e';

  private MailAddress() {}

  /** The form; null if the value is not a mail address. */
  static CanonicalForm canonical(String value) {
    int at = value.lastIndexOf('@');
    if (at <= 0 || at == value.length() - 1) {
      return null;
    }
    String address = lower(value.substring(0, at)) + '@' + domain(lower(value.substring(at + 1)));
    return new CanonicalForm(TYPE, address.getBytes(StandardCharsets.UTF_8));
  }

  private static String lower(String text) {
    String lower = Normalizer.normalize(text, Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
    return Normalizer.normalize(lower, Normalizer.Form.NFC);
  }

  private static String domain(String domain) {
    try {
      return lower(IDN.toASCII(domain, IDN.ALLOW_UNASSIGNED));
    } catch (IllegalArgumentException e) {
      return domain; // keeps a label that IDNA does not support
    }
  }
}
