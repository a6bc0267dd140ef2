package dev.cameleon.vault;

import dev.cameleon.load.SqlFailures;
import dev.cameleon.mask.Token;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Replaces what is to be forgotten in {@code public.user_logins}, and notes the tokens it had. */
final class Sweep {
  private static final String USER = "user_id";
  private static final int CONFLICT_RETRIES = 3;
  private static final int ENTRIES_AT_A_TIME = 5000;

  private final Connection connection;
  private final PartingTokens parting;
  private final String blendLedger;
  private final String note;
  private final String rewrite;
  private final Object subject;

  /**
   * Every parameter stands for the subject.
   *
   * @param where the condition for its rows
   * @param update rewrites them
   * @param left how many of a rewritten row's values are still there, as an expression
   */
  private Sweep(
      Connection connection,
      PartingTokens parting,
      String where,
      String note,
      String update,
      String left,
      Object subject) {
    this.connection = connection;
    this.parting = parting;
    this.blendLedger =
        "SELECT cameleon.blend_ledger(array_agg(DISTINCT xmin::text)::xid[])"
            + " FROM public.user_logins WHERE "
            + where
            + " HAVING count(*) > 0";
    this.note = note;
    this.rewrite =
        "WITH done AS ("
            + update
            + " RETURNING "
            + left
            + " AS kept) SELECT count(*), coalesce(sum(kept), 0) FROM done";
    this.subject = subject;
  }

  /**
   * What one sweep did.
   *
   * @param rows that were rewritten
   * @param left values of theirs that are still there, though they were to go
   */
  record Swept(long rows, long left) {}

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
    ErasedColumns erased = ErasedColumns.of(connection, columns);
    values.addAll(erased.values());
    return new Sweep(
        connection,
        parting,
        "user_id = ?",
        note(columns, "l.user_id = ?"),
        update(values) + "user_id = ?",
        "(user_id = ?)::int" + erased.left(),
        user);
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

  /**
   * Writes the whole vault anew, a few entries at a time: where an entry lies, and the transaction
   * that wrote it, would say with which row it came, also once that row is forgotten. Loads wait
   * for entries that are being written, so each time is short.
   */
  static void blendVault(Connection connection) throws SQLException {
    String last = "";
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT cameleon.blend_vault(?, " + ENTRIES_AT_A_TIME + ")")) {
      while (last != null) {
        statement.setString(1, last);
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          last = row.getString(1);
        }
      }
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
      String mine = text + " = ANY (?)";
      values.add(
          String.format(
              "%s = CASE WHEN %s THEN %s ELSE %s END",
              column, mine, TokenInSql.erased("left(" + text + ", -32)"), text));
      any.add(text + " = ANY (?)");
    }
    String where = String.join(" OR ", any);
    return new Sweep(
        connection,
        parting,
        where,
        note(columns, "v.value = ANY (?)"),
        update(values) + where,
        "(" + String.join(")::int + (", any) + ")::int",
        connection.createArrayOf("text", tokens.toArray()));
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
   * <p>The ledger's rows that came with them get the same transaction. The read of {@code xmin} has
   * to come first.
   */
  Swept run() throws SQLException {
    for (int attempt = 1; ; attempt++) {
      connection.setAutoCommit(false);
      try (Statement first = connection.createStatement()) {
        // Both must see the same rows: one that came between would lose its tokens unnoted.
        first.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        try (PreparedStatement statement = prepare(blendLedger)) {
          statement.execute();
        }
        try (PreparedStatement statement = prepare(note)) {
          statement.executeLargeUpdate();
        }
        parting.addRenewed();
        Swept swept = rewrite();
        connection.commit();
        return swept;
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

  private Swept rewrite() throws SQLException {
    try (PreparedStatement statement = prepare(rewrite);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return new Swept(row.getLong(1), row.getLong(2));
    }
  }

  private PreparedStatement prepare(String sql) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 1; i <= statement.getParameterMetaData().getParameterCount(); i++) {
      statement.setObject(i, subject);
    }
    return statement;
  }
}
