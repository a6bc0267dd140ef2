package dev.cameleon.vault;

import dev.cameleon.load.SqlFailures;
import dev.cameleon.mask.Token;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Replaces what is to be forgotten in {@code public.user_logins}, and notes the tokens it had. */
final class Sweep {
  private static final String USER = "user_id";
  private static final int CONFLICT_RETRIES = 3;

  private final Connection connection;
  private final PartingTokens parting;
  private final String note;
  private final String rewrite;
  private final Object subject;

  /** Both statements have only parameters that stand for the subject. */
  private Sweep(
      Connection connection, PartingTokens parting, String note, String rewrite, Object subject) {
    this.connection = connection;
    this.parting = parting;
    this.note = note;
    this.rewrite = rewrite;
    this.subject = subject;
  }

  /** Gives every row of a person another user id, and other tokens in place of all it has. */
  static Sweep person(Connection connection, PartingTokens parting, String user)
      throws SQLException {
    List<String> columns = Logins.columns(connection);
    List<String> values = new ArrayList<>();
    if (!columns.remove(USER)) {
      throw new IllegalStateException("public.user_logins has no user_id that is a text");
    }
    // Whatever its form: who chose it may have chosen a token's.
    values.add(USER + " = gen_random_uuid()::text");
    for (String column : columns) {
      String text = column + "::text";
      values.add(replaced(column, TokenInSql.isToken(text), text));
    }
    return new Sweep(
        connection, parting, note(columns, "l.user_id = ?"), update(values) + "user_id = ?", user);
  }

  /**
   * Gives all rows that were ever forgotten, and the list of those who stay so, one transaction in
   * common: PostgreSQL's xmin would tell whose they were, and which belong together.
   */
  static void blend(Connection connection) throws SQLException {
    List<String> erased = new ArrayList<>();
    for (String column : Logins.columns(connection)) {
      String text = column + "::text";
      erased.add(
          "("
              + TokenInSql.isToken(text)
              + " AND "
              + TokenInSql.keyId(text)
              + " = '"
              + Token.ERASED
              + "')");
    }
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("UPDATE cameleon.suppressed SET since = since");
      statement.execute(
          "UPDATE public.user_logins SET user_id = user_id WHERE " + String.join(" OR ", erased));
      connection.commit();
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  /** Gives every row that has one of these tokens a random one of its own in its place. */
  static Sweep tokens(Connection connection, PartingTokens parting, List<String> tokens)
      throws SQLException {
    List<String> columns = Logins.columns(connection);
    List<String> values = new ArrayList<>();
    List<String> any = new ArrayList<>();
    for (String column : columns) {
      String text = column + "::text";
      values.add(replaced(column, text + " = ANY (?)", text));
      any.add(text + " = ANY (?)");
    }
    return new Sweep(
        connection,
        parting,
        note(columns, "v.value = ANY (?)"),
        update(values) + String.join(" OR ", any),
        connection.createArrayOf("text", tokens.toArray()));
  }

  private static String replaced(String column, String condition, String otherwise) {
    return String.format(
        "%s = CASE WHEN %s THEN %s ELSE %s END",
        column, condition, TokenInSql.erased(column + "::text"), otherwise);
  }

  private static String update(List<String> values) {
    return "UPDATE public.user_logins SET " + String.join(", ", values) + " WHERE ";
  }

  private static String note(List<String> columns, String where) {
    return "INSERT INTO cameleon.parting_token (token, since)"
        + " SELECT value, clock_timestamp() FROM (SELECT DISTINCT v.value"
        + " FROM public.user_logins l CROSS JOIN LATERAL "
        + Logins.values(columns, "l")
        + " WHERE "
        + where
        + " AND "
        + TokenInSql.isToken("v.value")
        + " AND "
        + TokenInSql.keyId("v.value")
        + " <> '"
        + Token.ERASED
        + "') had ON CONFLICT (token) DO UPDATE SET since = excluded.since";
  }

  /**
   * Rewrites what is there now, in one transaction with the note of its tokens.
   *
   * @return how many rows
   */
  long run() throws SQLException {
    for (int attempt = 1; ; attempt++) {
      connection.setAutoCommit(false);
      try (Statement first = connection.createStatement()) {
        // Both must see the same rows: one that came between would lose its tokens unnoted.
        first.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        execute(note);
        parting.addRenewed();
        long rows = execute(rewrite);
        connection.commit();
        return rows;
      } catch (SQLException e) {
        if (attempt > CONFLICT_RETRIES || !new SqlFailures().isConflict(e)) {
          throw e;
        }
      } finally {
        connection.rollback();
        connection.setAutoCommit(true);
      }
    }
  }

  private long execute(String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 1; i <= statement.getParameterMetaData().getParameterCount(); i++) {
        statement.setObject(i, subject);
      }
      return statement.executeLargeUpdate();
    }
  }
}
