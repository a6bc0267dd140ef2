package dev.cameleon.privacy;

import dev.cameleon.mask.Token;

/** SQL expressions for the format of {@link Token}; each takes an expression of type text. */
final class TokenInSql {
  private TokenInSql() {}

  /** Whether a value has the form of a token. */
  static String isToken(String value) {
    return value + " ~ '^.+_[0-9a-f]{8}_[A-Za-z0-9_-]{22}$'";
  }

  /** The id of a token's key. */
  static String keyId(String token) {
    return "left(right(" + token + ", 31), 8)";
  }

  /**
   * A random token that stands for no value: a different one for each row and each use in a
   * statement, because gen_random_uuid() is volatile.
   *
   * @param domain an SQL expression too
   */
  static String erased(String domain) {
    return domain
        + " || '_"
        + Token.ERASED
        + "_' || rtrim(translate(encode(uuid_send(gen_random_uuid()), 'base64'), '+/', '-_'), '=')";
  }
}
