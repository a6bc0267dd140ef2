package dev.cameleon.privacy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/**
 * Determines the values to erase in a person's rows besides the user id: in a masked column, every
 * value, because rows from before Cameleon may hold it in plain text or hashed; in any other
 * column, tokens.
 *
 * @param values the new values, as SQL assignments to a row {@code l}
 * @param left for each column that must change, an SQL expression that is 1 if the value of a
 *     rewritten row was not erased, otherwise 0
 */
record ErasedColumns(List<String> values, Map<String, String> left) {
  /**
   * The domain of a random token for a value without one; short, so that the token fits into the
   * narrowest column.
   */
  private static final String UNKNOWN = "x";

  /**
   * Finds out which columns are masked.
   *
   * @param columns the table's columns that may hold tokens, without those that name a person
   */
  static ErasedColumns of(Handle db, PersonalTables.Table table, List<String> columns) {
    Map<String, String> always =
        table.name().equals(PersonalTables.LOGINS) ? MaskedColumns.ALWAYS : Map.of();
    ErasedColumns erased = new ErasedColumns(new ArrayList<>(), new LinkedHashMap<>());
    for (String column : columns) {
      boolean masked = always.containsKey(column) || hasToken(db, table, column);
      String text = "l." + column + "::text";
      erased.values.add(
          String.format(
              "%s = CASE WHEN %s THEN %s ELSE %s END",
              column,
              masked ? text + " IS NOT NULL" : TokenInSql.isToken(text),
              TokenInSql.erased(domain(text, always.getOrDefault(column, UNKNOWN))),
              text));
      if (masked) {
        erased.left.put(column, left(column));
      }
    }
    // A masked column that is too narrow for a token, or generated, cannot be rewritten: it is
    // listed as not erased.
    db.createQuery(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
                + " AND attrelid = to_regclass(:table) AND attname = ANY (:always)")
        .bind("table", table.name())
        .bindArray("always", String.class, always.keySet())
        .mapTo(String.class)
        .forEach(column -> erased.left.putIfAbsent(column, left(column)));
    return erased;
  }

  private static boolean hasToken(Handle db, PersonalTables.Table table, String column) {
    String text = "l." + column + "::text";
    return db.createQuery(
            "SELECT EXISTS (SELECT FROM %s l WHERE %s AND %s)"
                .formatted(table.name(), TokenInSql.isToken(text), TokenInSql.isOurs(text)))
        .mapTo(boolean.class)
        .one();
  }

  /**
   * The domain of the value if it is one of our tokens; the prefix of any other value could be any
   * text.
   */
  private static String domain(String text, String otherwise) {
    return """
        coalesce((SELECT d FROM (VALUES ('ip'), ('device'), ('email'), ('phone')
          UNION SELECT field FROM cameleon.masked_field) known (d)
          WHERE d = left(%s, -32) AND %s), '%s')"""
        .formatted(text, TokenInSql.isToken(text), otherwise);
  }

  private static String left(String column) {
    return "coalesce(NOT " + TokenInSql.isErased("l." + column + "::text") + ", false)::int";
  }
}
