package dev.cameleon.mask;

import dev.cameleon.contract.PiiKind;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A normalized form in which equal values have equal bytes; tokens are computed from it.
 *
 * @param type one byte that separates the kinds of values
 * @param bytes the normalized value
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a copy per value would cost time
record CanonicalForm(byte type, byte[] bytes) {
  private static final Pattern DEVICE_ID = Pattern.compile("\\d{3}-\\d{2}-\\d{4}");

  /**
   * Hexadecimal groups and at most one dotted tail: no zone and no brackets, so never a host name.
   */
  private static final Pattern IPV6_LETTERS = Pattern.compile("[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*");

  /**
   * The canonical form of a value.
   *
   * @param country the region of phone numbers without {@code +}; empty if it is not known
   */
  static CanonicalForm of(PiiKind kind, String value, String country) {
    CanonicalForm form =
        switch (kind) {
          case IP -> address(value);
          case DEVICE -> device(value);
          case EMAIL -> MailAddress.canonical(value);
          case PHONE -> PhoneNumber.canonical(value, country);
          case TEXT -> null;
        };
    return form == null ? text(value) : form;
  }

  /** The possible forms of a value: a phone number alone may have several. */
  static Stream<CanonicalForm> possible(PiiKind kind, String value) {
    Stream<CanonicalForm> plain = Stream.of(of(kind, value, ""));
    return kind == PiiKind.PHONE
        ? Stream.concat(
            plain, PhoneNumber.countries().stream().map(country -> of(kind, value, country)))
        : plain;
  }

  boolean isAddress() {
    return type == '4' || type == '6';
  }

  private static CanonicalForm address(String value) {
    byte[] address = value.indexOf(':') < 0 ? ipv4(value) : ipv6(value);
    return address == null
        ? null
        : new CanonicalForm((byte) (address.length == 4 ? '4' : '6'), address);
  }

  /**
   * Parses four decimal octets without leading zeros: {@code 010.0.0.1} and {@code 127.1} are not
   * addresses.
   */
  private static byte[] ipv4(String value) {
    byte[] address = new byte[4];
    int from = 0;
    for (int i = 0; i < 4; i++) {
      int dot = value.indexOf('.', from);
      int to = i < 3 ? dot : value.length();
      int octet = octet(value, from, to);
      if (octet < 0) {
        return null;
      }
      address[i] = (byte) octet;
      from = to + 1;
    }
    return address;
  }

  /** The number between two positions; -1 unless it is from 0 to 255. */
  private static int octet(String value, int from, int to) {
    int length = to - from;
    if (length < 1 || length > 3 || (length > 1 && value.charAt(from) == '0')) {
      return -1;
    }
    int octet = 0;
    for (int i = from; i < to; i++) {
      char c = value.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      octet = octet * 10 + (c - '0');
    }
    return octet > 255 ? -1 : octet;
  }

  /**
   * Parses RFC 4291 text. For an IPv4-mapped address the JDK returns 4 bytes, so it equals the IPv4
   * address.
   */
  private static byte[] ipv6(String value) {
    if (!IPV6_LETTERS.matcher(value).matches()) {
      return null;
    }
    if (value.indexOf('.') >= 0 && ipv4(value.substring(value.lastIndexOf(':') + 1)) == null) {
      return null;
    }
    try {
      // The JDK parses a text with a colon as a literal and never asks a name server.
      return InetAddress.getByName(value).getAddress();
    } catch (UnknownHostException e) {
      return null;
    }
  }

  private static CanonicalForm device(String value) {
    return DEVICE_ID.matcher(value).matches()
        ? new CanonicalForm((byte) 'd', ascii(value.replace("-", "")))
        : null;
  }

  private static CanonicalForm text(String value) {
    String composed = Normalizer.normalize(value, Normalizer.Form.NFC);
    return new CanonicalForm((byte) 'r', composed.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Leaves out the bytes, which are personal. */
  @Override
  public String toString() {
    return "CanonicalForm[" + (char) type + "]";
  }
}
