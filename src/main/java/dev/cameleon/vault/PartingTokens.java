package dev.cameleon.vault;

import dev.cameleon.mask.Masker;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The notes in {@code cameleon.parting_token}: which tokens rows lost, and when last. */
final class PartingTokens {
  private static final String INSERT =
      "INSERT INTO cameleon.parting_token (token, since) SELECT token, clock_timestamp() FROM ";

  private final Connection connection;
  private final Optional<Masker> masker;

  /**
   * Makes one.
   *
   * @param masker says what older tokens have become in a rotation; empty if none is older
   */
  PartingTokens(Connection connection, Optional<Masker> masker) {
    this.connection = connection;
    this.masker = masker;
  }

  /** How many there are. */
  long count() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM cameleon.parting_token")) {
      row.next();
      return row.getLong(1);
    }
  }

  /** Adds those of these tokens that the vault has, though no row may have them any more. */
  void addStored(List<String> tokens) throws SQLException {
    insert("cameleon.vault WHERE token = ANY (?)", tokens);
  }

  /** Adds what the vault has and no row uses. */
  void addUnused(List<String> columns) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate(
          INSERT
              + "(SELECT token FROM cameleon.vault EXCEPT ("
              + Logins.stored(columns)
              + ")) unused ON CONFLICT DO NOTHING");
    }
  }

  /** While a rotation is under way, the vault may have an entry under the newer token already. */
  void addRenewed() throws SQLException {
    if (masker.isEmpty()) {
      return;
    }
    List<String> renewed = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT token FROM cameleon.parting_token")) {
      while (row.next()) {
        String token = row.getString(1);
        String newer = masker.get().renew(token);
        if (!newer.equals(token)) {
          renewed.add(newer);
        }
      }
    }
    if (!renewed.isEmpty()) {
      insert("unnest(?) token", renewed);
    }
  }

  private void insert(String source, List<String> tokens) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(INSERT + source + " ON CONFLICT DO NOTHING")) {
      statement.setArray(1, connection.createArrayOf("text", tokens.toArray()));
      statement.executeUpdate();
    }
  }
}
