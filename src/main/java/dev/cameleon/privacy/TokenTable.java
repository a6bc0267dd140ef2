package dev.cameleon.privacy;

import dev.cameleon.mask.Masker;
import dev.cameleon.mask.Token;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/** A table whose primary key is a token, such as the vault or the suppression list. */
final class TokenTable {
  /**
   * The result of replacing some tokens.
   *
   * @param renamed entries that moved to the newer token
   * @param dropped entries deleted because the newer token already had one
   */
  record Renewed(int renamed, int dropped) {}

  private record Pair(String older, String newer, boolean stored) {}

  private final Handle db;
  private final String table;
  private final String column;
  private final List<String> older;
  private final Masker masker;

  /**
   * Works on one table.
   *
   * @param table the table, quoted for SQL, as is {@code column}, its primary key
   * @param older the ids of the keys whose tokens are replaced
   */
  TokenTable(Handle db, String table, String column, List<String> older, Masker masker) {
    this.db = db;
    this.table = table;
    this.column = column;
    this.older = older;
    this.masker = masker;
  }

  /**
   * The next tokens in primary-key order, of any mask key: with a condition on the mask key,
   * PostgreSQL might read the whole table each time.
   *
   * @param token the last token of the previous call; "" to begin
   */
  List<String> after(String token, int limit) {
    return db.createQuery(
            sql("SELECT %2$s FROM %1$s WHERE %2$s > :last ORDER BY %2$s LIMIT :limit"))
        .bind("last", token)
        .bind("limit", limit)
        .mapTo(String.class)
        .list();
  }

  /** Whether a token is of an older key. */
  boolean isOlder(String token) {
    return Token.isToken(token) && older.contains(Token.keyId(token));
  }

  /** Whether any token is of an older key, at this moment. */
  boolean hasOlder() {
    return db.createQuery(
            sql("SELECT EXISTS (SELECT FROM %1$s WHERE %3$s = ANY (:older) AND %4$s)"))
        .bindArray("older", String.class, older)
        .mapTo(boolean.class)
        .one();
  }

  /** Replaces these tokens in one transaction. */
  Renewed renew(List<String> tokens) {
    return db.inTransaction(tx -> renewInTransaction(tokens));
  }

  private Renewed renewInTransaction(List<String> tokens) {
    // In the same order as load.sql, to avoid deadlocks with loaders.
    List<Pair> sorted =
        db.createQuery(
                sql(
                    "SELECT older, newer, EXISTS (SELECT FROM %1$s WHERE %2$s = newer) AS stored"
                        + " FROM unnest(:older, :newer) AS pair (older, newer) ORDER BY newer"))
            .bindArray("older", String.class, tokens)
            .bindArray("newer", String.class, tokens.stream().map(masker::renew).toList())
            .map((row, context) -> new Pair(row.getString(1), row.getString(2), row.getBoolean(3)))
            .list();
    PreparedBatch drop = db.prepareBatch(sql("DELETE FROM %1$s WHERE %2$s = :older"));
    PreparedBatch rename =
        db.prepareBatch(sql("UPDATE %1$s SET %2$s = :newer WHERE %2$s = :older"));
    Set<String> taken = new HashSet<>();
    for (Pair pair : sorted) {
      boolean isTaken = pair.stored() || !taken.add(pair.newer());
      if (isTaken) {
        drop.bind("older", pair.older()).add();
      } else {
        rename.bind("older", pair.older()).bind("newer", pair.newer()).add();
      }
    }
    int dropped = drop.size();
    drop.execute();
    rename.execute();
    return new Renewed(tokens.size() - dropped, dropped);
  }

  private String sql(String sql) {
    return sql.formatted(table, column, TokenInSql.keyId(column), TokenInSql.isToken(column));
  }
}
