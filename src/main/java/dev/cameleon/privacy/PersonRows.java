package dev.cameleon.privacy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Reads the rows of one person through the function rows_of. The audit holds only SHA-256(salt ‖
 * user id). The salt is random, leaves this process only for the function, and is dropped after the
 * answer: nobody can find out later whom a request was about by trying user ids.
 */
final class PersonRows {
  private static final String REQUEST = "reveal-user";
  private static final int SALT_BYTES = 32;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private PersonRows() {}

  /**
   * Reads the rows.
   *
   * @param most the most rows to read
   * @return each row as an object of its columns: personal
   */
  static List<JsonNode> read(Connection connection, AuditedRequests requests, String user, int most)
      throws SQLException {
    byte[] salt = new byte[SALT_BYTES];
    RANDOM.nextBytes(salt);
    return requests.ask(
        REQUEST,
        null,
        about(user, salt),
        request -> rows(connection, request, user, salt, most),
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

  private static List<JsonNode> rows(
      Connection connection, long request, String user, byte[] salt, int most) throws SQLException {
    connection.setNetworkTimeout(Runnable::run, 0); // large tables take over a minute
    try (Statement limit = connection.createStatement();
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT r::text FROM cameleon.rows_of(?, ?, ?) r ORDER BY r ->> 'create_date'")) {
      limit.execute("SET statement_timeout = 0");
      statement.setLong(1, request);
      statement.setString(2, user);
      statement.setBytes(3, salt);
      statement.setMaxRows(most);
      List<JsonNode> rows = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          rows.add(JSON.readTree(row.getString(1)));
        }
      }
      return rows;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("PostgreSQL's JSON can be read");
    }
  }
}
