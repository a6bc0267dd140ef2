package dev.cameleon.privacy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * Rewrites rows of {@code public.user_logins} with random values, and records the tokens that they
 * had.
 */
final class RowRewriter {
  /** What a statement rewrote, and which columns still have values to erase. */
  private record Rewritten(long rows, String left) {}

  private static final String USER = "user_id";
  private static final String CONFLICTS = "40";
  private static final int CONFLICT_RETRIES = 3;
  private static final int ENTRIES_AT_A_TIME = 5000;

  private final Handle db;
  private final ErasedTokens erasedTokens;
  private final String blendLedger;
  private final String note;
  private final String rewrite;
  private final Object subject;

  /**
   * Prepares the statements; {@code :subject} in them is the subject.
   *
   * @param where the condition for the subject's rows
   * @param columns may hold the subject's tokens
   * @param had the condition for the tokens that are recorded
   * @param values rewrite the rows, as SQL assignments
   * @param left for each column that must change, an expression that is 1 if a rewritten row still
   *     has its value, else 0 or null
   */
  private RowRewriter(
      Handle db,
      ErasedTokens erasedTokens,
      Object subject,
      String where,
      List<String> columns,
      String had,
      List<String> values,
      Map<String, String> left) {
    this.db = db;
    this.erasedTokens = erasedTokens;
    this.subject = subject;
    this.blendLedger =
        """
        SELECT cameleon.rewrite_ledger(array_agg(DISTINCT xmin::text)::xid[])
          FROM public.user_logins WHERE %s HAVING count(*) > 0
        """
            .formatted(where);
    this.note =
        """
        INSERT INTO cameleon.erased_token (token, since)
        SELECT value, clock_timestamp() FROM (SELECT DISTINCT v.value FROM %s
          WHERE %s AND %s AND NOT %s) had
        ON CONFLICT (token) DO UPDATE SET since = excluded.since
        """
            .formatted(
                Logins.values(columns),
                had,
                TokenInSql.isToken("v.value"),
                TokenInSql.isErased("v.value"));
    List<String> kept = new ArrayList<>();
    List<String> words = new ArrayList<>();
    left.forEach(
        (column, isLeft) -> {
          String alias = "left" + kept.size();
          kept.add(isLeft + " AS " + alias);
          words.add(
              "CASE WHEN sum(%1$s) > 0 THEN '%2$s (' || sum(%1$s) || ' values)' END"
                  .formatted(alias, column.replace("'", "''")));
        });
    this.rewrite =
        """
        WITH done AS (UPDATE public.user_logins SET %s WHERE %s RETURNING %s)
        SELECT count(*) AS rows, concat_ws(', ', %s) AS left FROM done
        """
            .formatted(
                String.join(", ", values),
                where,
                String.join(", ", kept),
                String.join(", ", words));
  }

  /**
   * Gives every row of a person another random user id, and random tokens in place of all its own.
   */
  static RowRewriter person(Handle db, ErasedTokens erasedTokens, String user) {
    List<String> columns = Logins.columns(db);
    if (!columns.remove(USER)) {
      throw new IllegalStateException("public.user_logins has no user_id column of a text type");
    }
    ErasedColumns erased = ErasedColumns.of(db, columns);
    List<String> values = new ArrayList<>(erased.values());
    // Whatever its form: a sender may have chosen one that looks like a token.
    values.add(USER + " = gen_random_uuid()::text");
    String mine = "user_id = :subject";
    Map<String, String> left = new LinkedHashMap<>();
    left.put(USER, "(" + mine + ")::int");
    left.putAll(erased.left());
    return new RowRewriter(db, erasedTokens, user, mine, columns, "l." + mine, values, left);
  }

  /** Replaces these tokens by random ones, a different one for every row. */
  static RowRewriter tokens(Handle db, ErasedTokens erasedTokens, List<String> tokens) {
    List<String> columns = LoginTokens.columns(db);
    List<String> values = new ArrayList<>();
    Map<String, String> left = new LinkedHashMap<>();
    for (String column : columns) {
      String text = column + "::text";
      String mine = text + " = ANY (:subject)";
      String random = TokenInSql.erased("left(" + text + ", -32)");
      values.add("%s = CASE WHEN %s THEN %s ELSE %s END".formatted(column, mine, random, text));
      left.put(column, "(" + mine + ")::int");
    }
    String where =
        columns.stream()
            .map(column -> column + "::text = ANY (:subject)")
            .collect(Collectors.joining(" OR "));
    String[] subject = tokens.toArray(String[]::new);
    return new RowRewriter(
        db, erasedTokens, subject, where, columns, "v.value = ANY (:subject)", values, left);
  }

  /**
   * Rewrites all rows that were ever erased, and the suppression list, in one common transaction:
   * otherwise PostgreSQL's xmin would tell which rows belong together, and to whom.
   */
  static void blend(Handle db) {
    String erased =
        LoginTokens.columns(db).stream()
            .map(column -> TokenInSql.isErased(column + "::text"))
            .collect(Collectors.joining(" OR "));
    db.useTransaction(
        tx -> {
          tx.execute("UPDATE cameleon.suppressed SET subject = subject");
          tx.execute("UPDATE public.user_logins SET user_id = user_id WHERE " + erased);
        });
  }

  /**
   * Rewrites the whole vault, a few entries at a time: an entry's position, and the transaction
   * that wrote it, would tell with which row it came, even after that row is erased. Loads wait for
   * entries that are being written, so each transaction is short.
   */
  static void blendVault(Handle db) {
    String last = "";
    while (last != null) {
      last =
          db.select("SELECT cameleon.rewrite_vault(?, " + ENTRIES_AT_A_TIME + ")", last)
              .mapTo(String.class)
              .one();
    }
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
  long run() {
    return LockRetry.of(
        () -> db.inTransaction(tx -> rewrite()),
        (attempt, state) -> attempt <= CONFLICT_RETRIES && state.startsWith(CONFLICTS));
  }

  private long rewrite() {
    // All statements must see the same rows: the tokens of a row that came between them would not
    // be recorded.
    db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    db.createUpdate(blendLedger).bind("subject", subject).execute();
    db.createUpdate(note).bind("subject", subject).execute();
    erasedTokens.addRenewed();
    Rewritten done =
        db.createQuery(rewrite)
            .bind("subject", subject)
            .map((row, context) -> new Rewritten(row.getLong("rows"), row.getString("left")))
            .one();
    if (!done.left().isEmpty()) {
      throw new PreventedException(
          "after the UPDATE, public.user_logins still holds values to erase in "
              + done.left()
              + ". A trigger restores the values, or the column is generated or too"
              + " narrow for a token: change that");
    }
    return done.rows();
  }
}
