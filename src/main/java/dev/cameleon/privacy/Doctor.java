package dev.cameleon.privacy;

import dev.cameleon.db.Database;
import dev.cameleon.mask.Token;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks that rows, keys and vault are consistent. Only reads, in one snapshot of the database, so
 * that a load in flight is seen either whole or not at all.
 */
public final class Doctor {
  /** The severity of a finding. */
  public enum Verdict {
    /** As it should be. */
    OK,
    /** Worth knowing. */
    NOTE,
    /** To be corrected. */
    WRONG
  }

  /**
   * One line of the report.
   *
   * @param check what was checked
   * @param verdict its severity
   * @param detail one sentence, with the remedy
   */
  public record Finding(String check, Verdict verdict, String detail) {}

  private final Connection connection;
  private final List<Finding> findings = new ArrayList<>();

  private Doctor(Connection connection) {
    this.connection = connection;
  }

  /**
   * Runs all checks.
   *
   * @param officer a role with the rights of cameleon_officer
   * @throws SQLException if the database refuses or fails
   */
  public static List<Finding> examine(Database.Login officer) throws SQLException {
    try (Connection connection = OfficerConnection.connect(officer)) {
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
      }
      Doctor doctor = new Doctor(connection);
      doctor.keys();
      doctor.rows();
      doctor.vault();
      doctor.people();
      connection.rollback();
      return doctor.findings;
    }
  }

  private void keys() throws SQLException {
    List<List<String>> keys =
        query(
            "SELECT key_id, first_used::date, extract(day FROM now() - first_used)::int,"
                + " retired_at::date, follows FROM cameleon.mask_key"
                + " ORDER BY retired_at NULLS LAST, first_used, follows NULLS FIRST");
    for (List<String> key : keys) {
      add(
          "keys",
          Verdict.OK,
          key.get(0)
              + ", first seen "
              + key.get(1)
              + " ("
              + key.get(2)
              + " days ago)"
              + (key.get(4) == null ? "" : ", follows " + key.get(4))
              + (key.get(3) == null ? "" : ", retired " + key.get(3)));
    }
    if (keys.isEmpty()) {
      add("keys", Verdict.NOTE, "none known, because nothing was loaded yet; start run");
    }
  }

  private void rows() throws SQLException {
    new RowFindings(this).look(Logins.columns(connection));
  }

  private void vault() throws SQLException {
    new VaultFindings(this).look(LoginTokens.columns(connection));
  }

  private void people() throws SQLException {
    add(
        "suppressed",
        Verdict.OK,
        number("SELECT count(*) FROM cameleon.suppressed")
            + " persons whose later events are loaded with random values");
    long erasedTokens = number("SELECT count(*) FROM cameleon.erased_token");
    if (erasedTokens > 0) {
      add(
          "erasure",
          Verdict.NOTE,
          erasedTokens
              + " erased tokens are not finished: an erase is running or was"
              + " interrupted; run that erase again");
    } else {
      add("erasure", Verdict.OK, "no unfinished erasure");
    }
  }

  void add(String check, Verdict verdict, String detail) {
    findings.add(new Finding(check, verdict, detail));
  }

  /** Adds a finding, which is OK if {@code count} is 0. */
  void none(String check, long count, Verdict otherwise, String what, String remedy) {
    add(
        check,
        count == 0 ? Verdict.OK : otherwise,
        (count == 0 ? "no " : count + " ") + what + (count == 0 ? "" : ": " + remedy));
  }

  long number(String sql) throws SQLException {
    return Long.parseLong(query(sql).get(0).get(0));
  }

  /** Reads all rows of a query; each query yields few, however large the tables are. */
  List<List<String>> query(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      List<List<String>> rows = new ArrayList<>();
      while (row.next()) {
        List<String> values = new ArrayList<>();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
          values.add(row.getString(i));
        }
        rows.add(values);
      }
      return rows;
    }
  }

  /**
   * An SQL expression for the id of the key that made a value: the id if the database knows it or
   * if it is {@link Token#ERASED}; {@code ?} for an unknown key; an empty text if the value is not
   * a token. Unknown ids are not listed, because a sender may have made them up, with a new one in
   * each row.
   */
  static String keyOf(String value) {
    return "CASE WHEN NOT "
        + TokenInSql.isToken(value)
        + " THEN '' WHEN "
        + TokenInSql.keyId(value)
        + " = '"
        + Token.ERASED
        + "' OR "
        + TokenInSql.keyId(value)
        + " IN (SELECT key_id FROM cameleon.mask_key) THEN "
        + TokenInSql.keyId(value)
        + " ELSE '?' END";
  }
}
