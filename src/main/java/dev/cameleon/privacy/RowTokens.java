package dev.cameleon.privacy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.mask.Masker;
import java.sql.Types;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlStatement;

/**
 * Finds and replaces tokens in the rows of one table, recognized by their form and their key's id.
 * Works through ranges of the table's pages, and so needs no index and little memory; in a
 * partitioned table, a range covers the same pages of every partition.
 */
final class RowTokens {
  /** The size of the table, or of its largest partition, in pages of 8 kB. */
  private static final String PAGES =
      """
      WITH RECURSIVE tree AS (SELECT to_regclass(:table)::oid AS part
        UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = part)
      SELECT coalesce(max(pg_relation_size(part) / current_setting('block_size')::bigint), 0)
               AS pages,
             greatest(count(*), 1) AS partitions
        FROM tree
      """;

  /** At most this many unknown keys are listed by id. */
  private static final int MOST_KEYS = 100;

  private final Handle db;
  private final PersonalTables.Table table;
  private final List<String> older;
  private final Masker masker;
  private final String values;
  private final String replace;

  /**
   * Works on the columns that may hold tokens.
   *
   * @param table has at least one such column
   * @param older the ids of the keys whose tokens are replaced
   */
  RowTokens(Handle db, PersonalTables.Table table, List<String> older, Masker masker) {
    List<String> columns = table.tokenColumns();
    this.db = db;
    this.table = table;
    this.older = older;
    this.masker = masker;
    this.values =
        columns.stream()
            .map(PersonalTables::text)
            .collect(
                Collectors.joining(
                    ", ",
                    " FROM " + table.name() + " l, LATERAL unnest(ARRAY[",
                    "]) AS v(token) WHERE " + TokenInSql.isToken("v.token")));
    this.replace =
        """
        UPDATE %s l SET %s FROM (SELECT :renewed::jsonb AS renewed) m
         WHERE l.ctid >= :from::tid AND l.ctid < :to::tid AND (%s)
        """
            .formatted(
                table.name(),
                columns.stream()
                    .map(c -> "%1$s = coalesce(m.renewed ->> l.%1$s::text, l.%1$s)".formatted(c))
                    .collect(Collectors.joining(", ")),
                columns.stream()
                    .map(c -> "m.renewed ?? l." + c + "::text")
                    .collect(Collectors.joining(" OR ")));
  }

  /** The table's name, with its schema. */
  String name() {
    return table.name();
  }

  /** The table's name for an operator. */
  String label() {
    return table.label();
  }

  /**
   * The extent of the page ranges.
   *
   * @param pages pages of the largest partition
   * @param partitions the number of partitions; 1 if the table is not partitioned
   */
  record Size(long pages, int partitions) {}

  Size size() {
    return db.createQuery(PAGES)
        .bind("table", table.name())
        .map((row, context) -> new Size(row.getLong("pages"), row.getInt("partitions")))
        .one();
  }

  /**
   * Replaces the tokens of older keys in a range of pages, in a transaction of its own.
   *
   * @param to the page after the last one
   * @return how many rows were changed
   */
  int renew(long from, long to) {
    ObjectNode renewed = JsonMapper.builder().build().createObjectNode();
    String find =
        "SELECT DISTINCT v.token%s AND l.ctid >= :from::tid AND l.ctid < :to::tid AND %s = ANY (:older)"
            .formatted(values, TokenInSql.keyId("v.token"));
    bind(db.createQuery(find), from, to)
        .bindArray("older", String.class, older)
        .mapTo(String.class)
        .forEach(token -> renewed.put(token, masker.renew(token)));
    return renewed.isEmpty()
        ? 0
        : bind(db.createUpdate(replace), from, to)
            // jsonb, because a text would be parsed again for each row.
            .bindBySqlType("renewed", renewed.toString(), Types.OTHER)
            .execute();
  }

  private static <S extends SqlStatement<S>> S bind(S statement, long from, long to) {
    return statement.bind("from", "(" + from + ",0)").bind("to", "(" + to + ",0)");
  }

  /**
   * Counts all tokens by key id, those of older keys first, in one statement and therefore one
   * snapshot: a walk through the pages could miss a row that a concurrent update moves.
   */
  Map<String, Long> count() {
    Map<String, Long> counts = new LinkedHashMap<>();
    db.createQuery(
            "SELECT %1$s, count(*)%2$s GROUP BY 1 ORDER BY %1$s = ANY (:older) DESC, 2 DESC LIMIT %3$d"
                .formatted(TokenInSql.keyId("v.token"), values, MOST_KEYS))
        .bindArray("older", String.class, older)
        .map((row, context) -> Map.entry(row.getString(1), row.getLong(2)))
        .forEach(key -> counts.put(key.getKey(), key.getValue()));
    return counts;
  }
}
