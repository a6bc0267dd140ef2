package dev.cameleon.mask;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * The format of a token, {@code <domain>_<key id>_<22 characters>}: the key id is 8 hexadecimal
 * digits, the 22 characters are 16 bytes in base64url (RFC 4648 §5, unpadded).
 */
public final class Token {
  /** The number of bytes that the 22 characters encode. */
  static final int BYTES = 16;

  /** The key id of random tokens, which stand for no value; no key has this id. */
  public static final String ERASED = "00000000";

  private static final int KEY_ID_LENGTH = 8;
  private static final int TAIL_LENGTH = KEY_ID_LENGTH + 22 + 2;
  private static final Pattern FORMAT = Pattern.compile("(?s).+_[0-9a-f]{8}_[A-Za-z0-9_-]{22}");
  private static final SecureRandom RANDOM = new SecureRandom();

  private Token() {}

  /** Whether a text has the form of a token. */
  public static boolean isToken(String text) {
    return FORMAT.matcher(text).matches();
  }

  /** The domain of a token. */
  public static String domain(String token) {
    return token.substring(0, token.length() - TAIL_LENGTH);
  }

  /** The id of the key that made a token. */
  public static String keyId(String token) {
    int from = token.length() - TAIL_LENGTH + 1;
    return token.substring(from, from + KEY_ID_LENGTH);
  }

  /** Encodes 16 bytes as a token. */
  static String of(String domain, String keyId, byte[] bytes) {
    return domain
        + '_'
        + keyId
        + '_'
        + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** A random token that stands for no value, and that no key can make. */
  public static String random(String domain) {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return of(domain, ERASED, bytes);
  }
}
