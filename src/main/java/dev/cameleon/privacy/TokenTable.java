package dev.cameleon.privacy;

import dev.cameleon.mask.Masker;
import dev.cameleon.mask.Token;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A table whose primary key is a token, such as the vault or the suppression list. */
final class TokenTable {
  /**
   * The result of replacing some tokens.
   *
   * @param renamed entries that moved to the newer token
   * @param dropped entries deleted because the newer token had one already
   */
  record Renewed(int renamed, int dropped) {}

  private final Connection connection;
  private final String table;
  private final String column;
  private final List<String> older;
  private final Masker masker;

  /**
   * Works on one table.
   *
   * @param table quoted for SQL, as is {@code column}, its primary key
   * @param older the ids of the keys whose tokens are replaced
   */
  TokenTable(
      Connection connection, String table, String column, List<String> older, Masker masker) {
    this.connection = connection;
    this.table = table;
    this.column = column;
    this.older = older;
    this.masker = masker;
  }

  /**
   * The next tokens in primary-key order, of any key: with a condition on the key, PostgreSQL could
   * read the whole table each time.
   *
   * @param token the last token of the previous call; "" to begin
   */
  List<String> after(String token, int limit) throws SQLException {
    String sql = "SELECT %2$s FROM %1$s WHERE %2$s > ? ORDER BY %2$s LIMIT " + limit;
    try (PreparedStatement statement = prepare(sql)) {
      statement.setString(1, token);
      List<String> tokens = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          tokens.add(row.getString(1));
        }
      }
      return tokens;
    }
  }

  /** Whether a token is of an older key. */
  boolean isOlder(String token) {
    return Token.isToken(token) && older.contains(Token.keyId(token));
  }

  /** Whether any token is of an older key, at this moment. */
  boolean hasOlder() throws SQLException {
    String sql =
        "SELECT EXISTS (SELECT FROM %1$s WHERE left(right(%2$s, 31), 8) = ANY (?) AND %2$s ~ "
            + LoginTokens.FORM
            + ")";
    try (PreparedStatement statement = prepare(sql)) {
      statement.setArray(1, connection.createArrayOf("text", older.toArray()));
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  /** Replaces these tokens in one transaction. */
  Renewed renew(List<String> tokens) throws SQLException {
    connection.setAutoCommit(false);
    try {
      Renewed renewed = renewInTransaction(tokens);
      connection.commit();
      return renewed;
    } catch (SQLException e) {
      if (!connection.isClosed()) {
        connection.rollback();
      }
      throw e;
    } finally {
      if (!connection.isClosed()) {
        connection.setAutoCommit(true);
      }
    }
  }

  private Renewed renewInTransaction(List<String> tokens) throws SQLException {
    // In the order in which load.sql writes, or loaders and this would deadlock.
    String sql =
        "SELECT o, n, EXISTS (SELECT FROM %1$s WHERE %2$s = n)"
            + " FROM unnest(?::text[], ?::text[]) AS pair(o, n) ORDER BY n";
    try (PreparedStatement sorted = prepare(sql);
        PreparedStatement rename = prepare("UPDATE %1$s SET %2$s = ? WHERE %2$s = ?");
        PreparedStatement drop = prepare("DELETE FROM %1$s WHERE %2$s = ?")) {
      sorted.setArray(1, connection.createArrayOf("text", tokens.toArray()));
      sorted.setArray(
          2, connection.createArrayOf("text", tokens.stream().map(masker::renew).toArray()));
      Set<String> taken = new HashSet<>();
      int dropped = 0;
      try (ResultSet row = sorted.executeQuery()) {
        while (row.next()) {
          if (row.getBoolean(3) || !taken.add(row.getString(2))) {
            drop.setString(1, row.getString(1));
            drop.addBatch();
            dropped++;
          } else {
            rename.setString(1, row.getString(2));
            rename.setString(2, row.getString(1));
            rename.addBatch();
          }
        }
      }
      drop.executeBatch();
      rename.executeBatch();
      return new Renewed(tokens.size() - dropped, dropped);
    }
  }

  private PreparedStatement prepare(String sql) throws SQLException {
    return connection.prepareStatement(sql.formatted(table, column));
  }
}
