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
 * Looks through the rows, the keys and the vault for what does not fit together. Reads only, and
 * one moment of the database: loads in flight look whole.
 */
public final class Doctor {
  /** What is to be thought of a finding. */
  public enum Verdict {
    /** As it should be. */
    OK,
    /** Something to know. */
    NOTE,
    /** Something to correct. */
    WRONG
  }

  /**
   * One line of the answer.
   *
   * @param check what was looked at
   * @param verdict what is to be thought of it
   * @param detail one sentence, with what to do
   */
  public record Finding(String check, Verdict verdict, String detail) {}

  private final Connection connection;
  private final List<Finding> findings = new ArrayList<>();

  private Doctor(Connection connection) {
    this.connection = connection;
  }

  /**
   * Looks.
   *
   * @param officer a role with the rights of cameleon_officer
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

  /** Adds a finding that is well if there are none. */
  void none(String check, long count, Verdict otherwise, String what, String remedy) {
    add(
        check,
        count == 0 ? Verdict.OK : otherwise,
        (count == 0 ? "no " : count + " ") + what + (count == 0 ? "" : ": " + remedy));
  }

  long number(String sql) throws SQLException {
    return Long.parseLong(query(sql).get(0).get(0));
  }

  /** All rows; each statement makes few of them, whatever the tables hold. */
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
   * The key that made a value, in SQL: its id if the database knows it or it is {@link
   * Token#ERASED}, {@code ?} if not, and an empty text if the value is no token. Ids are not taken
   * from values freely: somebody who sends such may have made them up, a new one for each row.
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
