package dev.cameleon.privacy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * Reads the rows of one person through the function rows_of. The audit holds only SHA-256(salt ‖
 * user id). The salt is random, leaves this process only for the function, and is dropped after the
 * answer, so that nobody can find out later whom a request concerned by trying user ids.
 */
final class PersonRows {
  private static final String REQUEST = "reveal-user";
  private static final int SALT_BYTES = 32;
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Keeps numerics as the table has them, to the last digit. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private PersonRows() {}

  /**
   * Reads the rows.
   *
   * @param most the most rows to read
   * @return the rows of every loaded table
   */
  static List<PersonRow> read(Handle db, AuditedRequests requests, String user, int most) {
    byte[] salt = new byte[SALT_BYTES];
    RANDOM.nextBytes(salt);
    return requests.ask(
        REQUEST,
        null,
        about(user, salt),
        request -> rows(db, request, user, salt, most),
        rows -> rows.size() + " rows");
  }

  private static String about(String user, byte[] salt) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(salt);
      return HexFormat.of().formatHex(sha256.digest(user.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no SHA-256", e);
    }
  }

  private static List<PersonRow> rows(Handle db, long request, String user, byte[] salt, int most) {
    db.execute("SET statement_timeout = 0"); // a large table takes over a minute
    return db.select(
            "SELECT relation, content::text FROM cameleon.rows_of(?, ?, ?)"
                + " ORDER BY relation, content ->> 'create_date'",
            request,
            user,
            salt)
        .setMaxRows(most)
        .map((row, context) -> new PersonRow(row.getString(1), parse(row.getString(2))))
        .list();
  }

  private static JsonNode parse(String row) {
    try {
      return JSON.readTree(row);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot read JSON from PostgreSQL");
    }
  }
}
