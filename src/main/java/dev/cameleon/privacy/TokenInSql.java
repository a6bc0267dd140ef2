package dev.cameleon.privacy;

import dev.cameleon.mask.Token;

/** The format of {@link Token} in PostgreSQL's words; each takes an expression of type text. */
final class TokenInSql {
  private TokenInSql() {}

  /** Whether a value is a token by its form. */
  static String isToken(String value) {
    return value + " ~ '^.+_[0-9a-f]{8}_[A-Za-z0-9_-]{22}$'";
  }

  /** The id of a token's key. */
  static String keyId(String token) {
    return "left(right(" + token + ", 31), 8)";
  }

  /**
   * A random token that stands for nothing: another one for each row and each place in a statement,
   * since gen_random_uuid() is volatile.
   *
   * @param domain an expression too
   */
  static String erased(String domain) {
    return domain
        + " || '_"
        + Token.ERASED
        + "_' || rtrim(translate(encode(uuid_send(gen_random_uuid()), 'base64'), '+/', '-_'), '=')";
  }
}
