package dev.cameleon.privacy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * The statements that rewrite a subject's rows of one table with random values, or delete them, and
 * record their tokens. {@code :subject} in them is the subject.
 */
final class TableRewrite {
  /** The number of rewritten rows, and the columns that still have values to erase. */
  private record Rewritten(long rows, String left) {}

  /** A random user id, of 36 characters. */
  private static final String RANDOM_ID = "gen_random_uuid()::text";

  private final PersonalTables.Table table;
  private final String where;
  private final List<String> columns;
  private final String had;
  private final List<String> values = new ArrayList<>();
  private final Map<String, String> left = new LinkedHashMap<>();
  private String hiddenRows;
  private String hiddenTokens;
  private boolean delete;

  /**
   * Prepares the statements.
   *
   * @param where the condition for the subject's rows
   * @param columns the columns that may hold the subject's tokens
   * @param had the condition for the tokens that are recorded
   */
  private TableRewrite(PersonalTables.Table table, String where, List<String> columns, String had) {
    this.table = table;
    this.where = where;
    this.columns = columns;
    this.had = had;
    this.hiddenRows = where;
    this.hiddenTokens = TokenInSql.isOurs("f.token[1]");
  }

  /** Gives every row of a person a different random user id and random tokens. */
  static TableRewrite person(Handle db, PersonalTables.Table table) {
    List<String> columns = new ArrayList<>(table.columns());
    boolean rewritable = columns.containsAll(table.people());
    if (!rewritable && !table.delete()) {
      throw new PreventedException(
          "%s no longer has a text column %s that takes a random user id: declare the table with delete, or change the column"
              .formatted(table.name(), String.join(" or ", table.people())));
    }
    columns.removeAll(table.people());
    TableRewrite rewrite = new TableRewrite(table, table.rowsOfPerson(), columns, "true");
    rewrite.delete = table.delete();
    if (rewrite.delete) {
      return rewrite;
    }
    ErasedColumns erased = ErasedColumns.of(db, table, columns);
    rewrite.values.addAll(erased.values());
    for (String person : table.people()) {
      // Compared as text, even if it looks like a token: the sender may have chosen such an id.
      rewrite.values.add(
          person
              + " = CASE WHEN l."
              + person
              + "::text = :subject THEN "
              + RANDOM_ID
              + " ELSE l."
              + person
              + "::text END");
      rewrite.left.put(person, "(l." + person + "::text = :subject)::int");
    }
    rewrite.left.putAll(erased.left());
    return rewrite;
  }

  /** Replaces these tokens with random ones, a different one for every row. */
  static TableRewrite tokens(PersonalTables.Table table) {
    List<String> columns = table.tokenColumns();
    String where =
        columns.stream()
            .map(column -> "l." + column + "::text = ANY (:subject)")
            .collect(Collectors.joining(" OR "));
    TableRewrite rewrite = new TableRewrite(table, where, columns, "v.value = ANY (:subject)");
    rewrite.hiddenRows = "true";
    rewrite.hiddenTokens = "f.token[1] = ANY (:subject)";
    for (String column : columns) {
      String text = "l." + column + "::text";
      String mine = text + " = ANY (:subject)";
      String random = TokenInSql.erased("left(" + text + ", -32)");
      rewrite.values.add(
          "%s = CASE WHEN %s THEN %s ELSE %s END".formatted(column, mine, random, text));
      rewrite.left.put(column, "(" + mine + ")::int");
    }
    return rewrite;
  }

  /** Gives a new xmin to the ledger rows that were loaded with the subject's rows. */
  void blendLedger(Handle db, Object subject) {
    if (where.isEmpty()) {
      return;
    }
    db.createUpdate(
            "SELECT cameleon.rewrite_ledger(array_agg(DISTINCT l.xmin::text)::xid[]) FROM %s l WHERE %s HAVING count(*) > 0"
                .formatted(table.name(), where))
        .bind("subject", subject)
        .execute();
  }

  /**
   * Makes sure that no column holds tokens to erase that cannot be replaced.
   *
   * @throws PreventedException if one does
   */
  void requireNoneHidden(Handle db, Object subject) {
    if (delete || table.hidden().isEmpty()) {
      return;
    }
    List<String> found =
        db.createQuery(
                """
                SELECT DISTINCT v.name FROM (SELECT * FROM %s l WHERE %s) l CROSS JOIN LATERAL %s,
                       LATERAL %s f (token) WHERE %s AND NOT %s ORDER BY 1
                """
                    .formatted(
                        table.name(),
                        hiddenRows,
                        table.hiddenValues(),
                        TokenInSql.tokensIn("v.value"),
                        hiddenTokens,
                        TokenInSql.isErased("f.token[1]")))
            .bind("subject", subject)
            .mapTo(String.class)
            .list();
    if (!found.isEmpty()) {
      throw new PreventedException(
          "%s holds tokens to erase inside arrays, json or composite values: store each masked value unchanged in a column of type text, and clear these"
              .formatted(String.join(", ", found)));
    }
  }

  /** Records the tokens of the subject's rows. */
  void note(Handle db, Object subject) {
    if (columns.isEmpty()) {
      return;
    }
    db.createUpdate(
            """
            INSERT INTO cameleon.erased_token (token, since)
            SELECT value, clock_timestamp() FROM (SELECT DISTINCT v.value
              FROM (SELECT * FROM %s l WHERE %s) l CROSS JOIN LATERAL %s
              WHERE %s AND %s AND NOT %s) had
            ON CONFLICT (token) DO UPDATE SET since = excluded.since
            """
                .formatted(
                    table.name(),
                    where,
                    PersonalTables.rows(table, columns),
                    had,
                    TokenInSql.isToken("v.value"),
                    TokenInSql.isErased("v.value")))
        .bind("subject", subject)
        .execute();
  }

  /**
   * Rewrites or deletes the subject's rows.
   *
   * @return the number of rows
   * @throws PreventedException if a value to be erased is still there
   */
  long run(Handle db, Object subject) {
    if (delete) {
      return delete(db, subject);
    }
    if (values.isEmpty()) {
      return 0;
    }
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
    Rewritten done =
        db.createQuery(
                """
                WITH done AS (UPDATE %s l SET %s WHERE %s RETURNING %s)
                SELECT count(*) AS rows, %s AS left FROM done
                """
                    .formatted(
                        table.name(),
                        String.join(", ", values),
                        where,
                        kept.isEmpty() ? "1" : String.join(", ", kept),
                        words.isEmpty()
                            ? "''"
                            : "concat_ws(', ', " + String.join(", ", words) + ")"))
            .bind("subject", subject)
            .map((row, context) -> new Rewritten(row.getLong("rows"), row.getString("left")))
            .one();
    if (!done.left().isEmpty()) {
      throw prevented(done.left());
    }
    return done.rows();
  }

  private long delete(Handle db, Object subject) {
    String mine = " FROM " + table.name() + " l WHERE " + where;
    long rows = db.createUpdate("DELETE" + mine).bind("subject", subject).execute();
    long left =
        db.createQuery("SELECT count(*)" + mine).bind("subject", subject).mapTo(long.class).one();
    if (left > 0) {
      throw new PreventedException(
          "after the DELETE, %s still has %d rows of the person: a trigger keeps them; change the trigger"
              .formatted(table.name(), left));
    }
    return rows;
  }

  private PreventedException prevented(String left) {
    return new PreventedException(
        "after the UPDATE, "
            + table.name()
            + " still holds values to erase in "
            + left
            + ". A trigger restores the values, or the column is generated or too narrow for"
            + " a token: correct the table");
  }
}
