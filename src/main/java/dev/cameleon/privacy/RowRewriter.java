package dev.cameleon.privacy;

import dev.cameleon.db.SqlErrors;
import dev.cameleon.mask.Token;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Rewrites rows of {@code public.user_logins} with random values, and records the tokens that they
 * had.
 */
final class RowRewriter {
  private static final String USER = "user_id";
  private static final int CONFLICT_RETRIES = 3;
  private static final int ENTRIES_AT_A_TIME = 5000;

  private final Connection connection;
  private final ErasedTokens erasedTokens;
  private final String blendLedger;
  private final String note;
  private final String rewrite;
  private final List<String> columns;
  private final Object subject;

  /**
   * In all three texts, every parameter is the subject.
   *
   * @param where the condition for the subject's rows
   * @param update rewrites them
   * @param left for each column that must change, an expression that is 1 if a rewritten row still
   *     has its value, else 0 or null
   */
  private RowRewriter(
      Connection connection,
      ErasedTokens erasedTokens,
      String where,
      String note,
      String update,
      Map<String, String> left,
      Object subject) {
    this.connection = connection;
    this.erasedTokens = erasedTokens;
    this.blendLedger =
        "SELECT cameleon.rewrite_ledger(array_agg(DISTINCT xmin::text)::xid[])"
            + " FROM public.user_logins WHERE "
            + where
            + " HAVING count(*) > 0";
    this.note = note;
    this.columns = List.copyOf(left.keySet());
    StringJoiner kept = new StringJoiner(", ");
    StringJoiner sums = new StringJoiner(", ");
    for (int i = 0; i < columns.size(); i++) {
      kept.add(left.get(columns.get(i)) + " AS left" + i);
      sums.add("coalesce(sum(left" + i + "), 0)");
    }
    this.rewrite =
        "WITH done AS ("
            + update
            + " RETURNING "
            + kept
            + ") SELECT count(*), "
            + sums
            + " FROM done";
    this.subject = subject;
  }

  /**
   * Gives every row of a person another random user id, and random tokens in place of all its own.
   */
  static RowRewriter person(Connection connection, ErasedTokens erasedTokens, String user)
      throws SQLException {
    List<String> columns = Logins.columns(connection);
    List<String> values = new ArrayList<>();
    if (!columns.remove(USER)) {
      throw new IllegalStateException("public.user_logins has no user_id column of a text type");
    }
    // Whatever its form: a sender may have chosen one that looks like a token.
    values.add(USER + " = gen_random_uuid()::text");
    ErasedColumns erased = ErasedColumns.of(connection, columns);
    values.addAll(erased.values());
    Map<String, String> left = new LinkedHashMap<>();
    left.put(USER, "(user_id = ?)::int");
    left.putAll(erased.left());
    return new RowRewriter(
        connection,
        erasedTokens,
        "user_id = ?",
        note(columns, "l.user_id = ?"),
        update(values) + "user_id = ?",
        left,
        user);
  }

  /**
   * Rewrites all rows that were ever erased, and the suppression list, in one common transaction:
   * otherwise PostgreSQL's xmin would tell which rows belong together, and to whom.
   */
  static void blend(Connection connection) throws SQLException {
    List<String> erased = new ArrayList<>();
    for (String column : LoginTokens.columns(connection)) {
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
      statement.execute("UPDATE cameleon.suppressed SET subject = subject");
      statement.execute(
          "UPDATE public.user_logins SET user_id = user_id WHERE " + String.join(" OR ", erased));
      connection.commit();
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  /**
   * Rewrites the whole vault, a few entries at a time: an entry's position, and the transaction
   * that wrote it, would tell with which row it came, even after that row is erased. Loads wait for
   * entries that are being written, so each transaction is short.
   */
  static void blendVault(Connection connection) throws SQLException {
    String last = "";
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT cameleon.rewrite_vault(?, " + ENTRIES_AT_A_TIME + ")")) {
      while (last != null) {
        statement.setString(1, last);
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          last = row.getString(1);
        }
      }
    }
  }

  /** Replaces these tokens by random ones, a different one for every row. */
  static RowRewriter tokens(Connection connection, ErasedTokens erasedTokens, List<String> tokens)
      throws SQLException {
    List<String> columns = LoginTokens.columns(connection);
    List<String> values = new ArrayList<>();
    List<String> any = new ArrayList<>();
    Map<String, String> left = new LinkedHashMap<>();
    for (String column : columns) {
      String text = column + "::text";
      String mine = text + " = ANY (?)";
      values.add(
          String.format(
              "%s = CASE WHEN %s THEN %s ELSE %s END",
              column, mine, TokenInSql.erased("left(" + text + ", -32)"), text));
      any.add(mine);
      left.put(column, "(" + mine + ")::int");
    }
    String where = String.join(" OR ", any);
    return new RowRewriter(
        connection,
        erasedTokens,
        where,
        note(columns, "v.value = ANY (?)"),
        update(values) + where,
        left,
        connection.createArrayOf("text", tokens.toArray()));
  }

  private static String update(List<String> values) {
    return "UPDATE public.user_logins SET " + String.join(", ", values) + " WHERE ";
  }

  private static String note(List<String> columns, String where) {
    return "INSERT INTO cameleon.erased_token (token, since)"
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
   * Rewrites the rows that are there now, in one transaction with the record of their tokens.
   *
   * <p>The rows of the ledger that came with them are rewritten in the same transaction. The read
   * of {@code xmin} has to come first.
   *
   * @return how many rows were rewritten
   * @throws PreventedException if a value that was to be erased is still there; then nothing is
   *     changed, so that the next attempt finds the rows
   */
  long run() throws SQLException, PreventedException {
    for (int attempt = 1; ; attempt++) {
      connection.setAutoCommit(false);
      try (Statement first = connection.createStatement()) {
        // Both statements must see the same rows: the tokens of a row that came between them would
        // not be recorded.
        first.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        try (PreparedStatement statement = prepare(blendLedger)) {
          statement.execute();
        }
        try (PreparedStatement statement = prepare(note)) {
          statement.executeLargeUpdate();
        }
        erasedTokens.addRenewed();
        long rows = rewrite();
        connection.commit();
        return rows;
      } catch (SQLException e) {
        if (attempt > CONFLICT_RETRIES || !new SqlErrors().isConflict(e)) {
          throw e;
        }
      } finally {
        connection.rollback();
        connection.setAutoCommit(true);
      }
    }
  }

  private long rewrite() throws SQLException, PreventedException {
    try (PreparedStatement statement = prepare(rewrite);
        ResultSet row = statement.executeQuery()) {
      row.next();
      List<String> left = new ArrayList<>();
      for (int i = 0; i < columns.size(); i++) {
        long values = row.getLong(i + 2);
        if (values > 0) {
          left.add(columns.get(i) + " (" + values + " values)");
        }
      }
      if (!left.isEmpty()) {
        throw new PreventedException(
            "these rows of public.user_logins still hold values to erase, and were not"
                + " changed: in "
                + String.join(", ", left)
                + ". A trigger restores the values, or the column is computed or too"
                + " narrow for a token: change that");
      }
      return row.getLong(1);
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
