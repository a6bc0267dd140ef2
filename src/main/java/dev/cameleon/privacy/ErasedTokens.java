package dev.cameleon.privacy;

import dev.cameleon.mask.Masker;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The table {@code cameleon.erased_token}: tokens that were removed from rows, and when last. */
final class ErasedTokens {
  private static final String INSERT =
      "INSERT INTO cameleon.erased_token (token, since) SELECT token, clock_timestamp() FROM ";

  /** Selects the audit's tokens of keys that have a successor. */
  static final String OLDER_IN_AUDIT =
      "FROM cameleon.audit_token WHERE "
          + TokenInSql.keyId("token")
          + " IN (SELECT follows FROM cameleon.mask_key WHERE follows IS NOT NULL)";

  private final Connection connection;
  private final Optional<Masker> masker;

  /**
   * Reads and writes the table through this connection.
   *
   * @param masker computes what older tokens became in a rotation; empty if no token is older
   */
  ErasedTokens(Connection connection, Optional<Masker> masker) {
    this.connection = connection;
    this.masker = masker;
  }

  /** How many tokens there are. */
  long count() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM cameleon.erased_token")) {
      row.next();
      return row.getLong(1);
    }
  }

  /**
   * Adds these tokens even if no row has them any more, because the audit may. No loader relies on
   * a token that is not in the vault, so such a token needs no wait.
   *
   * @return how many of them the vault has
   */
  long addGiven(List<String> tokens) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "WITH given AS (SELECT token, EXISTS (SELECT FROM cameleon.vault v"
                + " WHERE v.token = given.token) AS stored FROM unnest(?) given (token)),"
                + " noted AS (INSERT INTO cameleon.erased_token (token, since) SELECT token, CASE"
                + " WHEN stored THEN clock_timestamp() ELSE '-infinity' END FROM given"
                + " ON CONFLICT DO NOTHING) SELECT count(*) FROM given WHERE stored")) {
      statement.setArray(1, connection.createArrayOf("text", tokens.toArray()));
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  /**
   * The tokens in the audit that, retokenized, are among these: the tokens of the same values under
   * older mask keys.
   */
  List<String> older(Set<String> tokens) throws SQLException {
    List<String> older = new ArrayList<>();
    if (masker.isEmpty() || tokens.isEmpty()) {
      return older;
    }
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT DISTINCT token " + OLDER_IN_AUDIT)) {
      while (row.next()) {
        if (tokens.contains(masker.get().renew(row.getString(1)))) {
          older.add(row.getString(1));
        }
      }
    }
    return older;
  }

  /** Adds tokens that the vault has and no row uses. */
  void addUnused(List<String> columns) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate(
          INSERT
              + "(SELECT token FROM cameleon.vault EXCEPT ("
              + Logins.used("cameleon.vault", columns)
              + ")) unused ON CONFLICT DO NOTHING");
    }
  }

  /**
   * Adds the newer tokens of those in the table: during a rotation, the vault may already have an
   * entry under the newer token.
   */
  void addRenewed() throws SQLException {
    if (masker.isEmpty()) {
      return;
    }
    List<String> renewed = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT token FROM cameleon.erased_token")) {
      while (row.next()) {
        String token = row.getString(1);
        String newer = masker.get().renew(token);
        if (!newer.equals(token)) {
          renewed.add(newer);
        }
      }
    }
    try (PreparedStatement statement =
        connection.prepareStatement(INSERT + "unnest(?) token ON CONFLICT DO NOTHING")) {
      statement.setArray(1, connection.createArrayOf("text", renewed.toArray()));
      statement.executeUpdate();
    }
  }
}
