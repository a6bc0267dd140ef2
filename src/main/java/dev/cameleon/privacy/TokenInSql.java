package dev.cameleon.privacy;

import dev.cameleon.mask.Token;

/** SQL expressions for the format of {@link Token}; each takes an expression of type text. */
final class TokenInSql {
  private TokenInSql() {}

  /** Whether a value has the form of a token; {@link Token} has the same check in Java. */
  static String isToken(String value) {
    return "(%s) COLLATE \"C\" ~ '^.+_[0-9a-f]{8}_[A-Za-z0-9_-]{22}$'".formatted(value);
  }

  /** A function that returns the tokens within a text, each as an array of one. */
  static String tokensIn(String value) {
    return "regexp_matches(%s, '([A-Za-z0-9_.-]+_[0-9a-f]{8}_[A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])', 'g')"
        .formatted(value);
  }

  /** The id of a token's key. */
  static String keyId(String token) {
    return "left(right(" + token + ", 31), 8)";
  }

  /** Whether a value is a random token. */
  static String isErased(String value) {
    return "(%s AND %s = '%s')".formatted(isToken(value), keyId(value), Token.ERASED);
  }

  /** Whether a token is random, or of a key that this database knows. */
  static String isOurs(String token) {
    return "(%1$s = '%2$s' OR %1$s IN (SELECT key_id FROM cameleon.mask_key))"
        .formatted(keyId(token), Token.ERASED);
  }

  /** Whether a token is of a key that has a successor. */
  static String isOlder(String token) {
    return keyId(token) + " IN (SELECT follows FROM cameleon.mask_key WHERE follows IS NOT NULL)";
  }

  /**
   * A random token that stands for no value: a different one for each row and each use in a
   * statement, because gen_random_uuid() is volatile.
   *
   * @param domain also an SQL expression
   */
  static String erased(String domain) {
    String random =
        "rtrim(translate(encode(uuid_send(gen_random_uuid()), 'base64'), '+/', '-_'), '=')";
    return "%s || '_%s_' || %s".formatted(domain, Token.ERASED, random);
  }
}
