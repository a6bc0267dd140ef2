package dev.cameleon.mask;

import com.google.i18n.phonenumbers.NumberParseException;
import com.google.i18n.phonenumbers.PhoneNumberUtil;
import com.google.i18n.phonenumbers.PhoneNumberUtil.PhoneNumberFormat;
import com.google.i18n.phonenumbers.Phonenumber;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * The canonical form of a phone number: E.164 with its extension, or its digits if the country is
 * unknown.
 */
final class PhoneNumber {
  private static final byte NUMBER = 'p';
  private static final byte DIGITS = 'n';

  /** libphonenumber's code for an unknown region, which permits only numbers with {@code +}. */
  private static final String UNKNOWN = "ZZ";

  private PhoneNumber() {}

  /** Holder that loads the numbering plans on first use. */
  private static final class Library {
    static final PhoneNumberUtil NUMBERS = PhoneNumberUtil.getInstance();
  }

  /**
   * The form; null if the value has no digits.
   *
   * @param country the region (ISO 3166-1) of numbers without {@code +}; empty if it is not known
   */
  static CanonicalForm canonical(String value, String country) {
    try {
      Phonenumber.PhoneNumber number =
          Library.NUMBERS.parse(value, country.isEmpty() ? UNKNOWN : country);
      String text = Library.NUMBERS.format(number, PhoneNumberFormat.E164);
      return form(NUMBER, number.hasExtension() ? text + ";ext=" + number.getExtension() : text);
    } catch (NumberParseException e) {
      String digits = PhoneNumberUtil.normalizeDigitsOnly(value);
      return digits.isEmpty() ? null : form(DIGITS, digits);
    }
  }

  private static CanonicalForm form(byte type, String text) {
    return new CanonicalForm(type, text.getBytes(StandardCharsets.US_ASCII));
  }

  /** The regions with a numbering plan. */
  static Set<String> countries() {
    return Library.NUMBERS.getSupportedRegions();
  }
}
