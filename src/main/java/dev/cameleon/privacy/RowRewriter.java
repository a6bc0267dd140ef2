package dev.cameleon.privacy;

import dev.cameleon.db.SqlErrors;
import java.util.List;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;

/** Rewrites rows of all loaded tables with random values, and records the tokens that they had. */
final class RowRewriter {
  private static final String CONFLICTS = "40";

  /** The SQLSTATE class of a violated constraint, such as a foreign key. */
  private static final String CONSTRAINTS = "23";

  private static final int CONFLICT_RETRIES = 3;
  private static final int ENTRIES_AT_A_TIME = 5000;

  private final Handle db;
  private final ErasedTokens erasedTokens;
  private final List<TableRewrite> tables;
  private final Object subject;

  private RowRewriter(
      Handle db, ErasedTokens erasedTokens, List<TableRewrite> tables, Object subject) {
    this.db = db;
    this.erasedTokens = erasedTokens;
    this.tables = tables;
    this.subject = subject;
  }

  /**
   * Gives every row of a person a different random user id and random tokens; deletes the row if
   * its table is declared with delete.
   */
  static RowRewriter person(Handle db, ErasedTokens erasedTokens, String user) {
    List<TableRewrite> tables =
        PersonalTables.of(db).all().stream()
            .filter(table -> !table.rowsOfPerson().equals(PersonalTables.NOBODYS))
            .map(table -> TableRewrite.person(db, table))
            .toList();
    return new RowRewriter(db, erasedTokens, tables, user);
  }

  /** Replaces these tokens with random ones, a different one for every row. */
  static RowRewriter tokens(Handle db, ErasedTokens erasedTokens, List<String> tokens) {
    List<TableRewrite> tables =
        PersonalTables.of(db).all().stream().map(TableRewrite::tokens).toList();
    return new RowRewriter(db, erasedTokens, tables, tokens.toArray(String[]::new));
  }

  /**
   * Rewrites all rows that were ever erased, and the suppression list, in one common transaction;
   * otherwise PostgreSQL's xmin would reveal which rows belong together, and to whom.
   */
  static void blend(Handle db) {
    PersonalTables tables = PersonalTables.of(db);
    db.useTransaction(
        tx -> {
          tx.execute("UPDATE cameleon.suppressed SET subject = subject");
          for (PersonalTables.Table table : tables.all()) {
            List<String> columns = table.tokenColumns();
            if (!columns.isEmpty()) {
              String erased =
                  columns.stream()
                      .map(column -> TokenInSql.isErased("l." + column + "::text"))
                      .collect(Collectors.joining(" OR "));
              tx.execute(
                  "UPDATE %1$s l SET %2$s = l.%2$s WHERE %3$s"
                      .formatted(table.name(), columns.get(0), erased));
            }
          }
        });
  }

  /**
   * Rewrites the whole vault, a few entries at a time: an entry's position and writing transaction
   * would otherwise reveal with which row it came, even after that row is erased. Loads wait for
   * entries that are being rewritten, so each transaction is short.
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
   * Rewrites the existing rows, in one transaction with the record of their tokens.
   *
   * <p>Rewrites the ledger rows that were loaded with them in the same transaction, first, because
   * that reads {@code xmin}.
   *
   * @return how many rows were rewritten
   * @throws PreventedException if a value to be erased is still there; nothing is changed then, so
   *     that the next attempt finds the rows
   */
  long run() {
    return LockRetry.of(
        () -> db.inTransaction(tx -> rewrite()),
        (attempt, state) -> attempt <= CONFLICT_RETRIES && state.startsWith(CONFLICTS));
  }

  private long rewrite() {
    // All statements must see the same rows: the tokens of a row that was added between them would
    // not be recorded.
    db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    for (TableRewrite table : tables) {
      table.requireNoneHidden(db, subject);
      table.blendLedger(db, subject);
      table.note(db, subject);
    }
    erasedTokens.addRenewed();
    return change();
  }

  private long change() {
    try {
      db.execute("SET CONSTRAINTS ALL DEFERRED");
      long rows = 0;
      for (TableRewrite table : tables) {
        rows += table.run(db, subject);
      }
      db.execute("SET CONSTRAINTS ALL IMMEDIATE"); // here, rather than in the commit
      return rows;
    } catch (JdbiException e) {
      if (SqlErrors.state(e).startsWith(CONSTRAINTS)) {
        throw new PreventedException(
            "rows cannot change as erasure would change them ("
                + SqlErrors.describe(e)
                + "): change or delete the rows that refer to them, or declare their table with delete");
      }
      throw e;
    }
  }
}
