package dev.cameleon.privacy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/**
 * Determines what is erased in a person's rows besides the user id: in a masked column every value,
 * whatever its form, because rows from before Cameleon may hold it in plain text or hashed; in any
 * other column, tokens.
 *
 * @param values the new values, as SQL assignments
 * @param left for each column that must change, an SQL expression that is 1 if a rewritten row's
 *     value was not erased, else 0
 */
record ErasedColumns(List<String> values, Map<String, String> left) {
  private static final Map<String, String> ALWAYS = MaskedColumns.ALWAYS;

  /**
   * The domain of a random token where the value has none: short, so that the token fits into the
   * narrowest column.
   */
  private static final String UNKNOWN = "x";

  /**
   * Finds out which columns are masked.
   *
   * @param columns columns that may hold tokens, without the user id, quoted for SQL
   */
  static ErasedColumns of(Handle db, List<String> columns) {
    ErasedColumns erased = new ErasedColumns(new ArrayList<>(), new LinkedHashMap<>());
    for (String column : columns) {
      boolean masked = ALWAYS.containsKey(column) || hasToken(db, column);
      String text = column + "::text";
      erased.values.add(
          String.format(
              "%s = CASE WHEN %s THEN %s ELSE %s END",
              column,
              masked ? text + " IS NOT NULL" : TokenInSql.isToken(text),
              TokenInSql.erased(domain(text, ALWAYS.getOrDefault(column, UNKNOWN))),
              text));
      if (masked) {
        erased.left.put(column, left(column));
      }
    }
    // A masked column that is too narrow for a token, or generated, cannot be rewritten: it is
    // listed as not erased.
    db.createQuery(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
                + " AND attrelid = 'public.user_logins'::regclass AND attname = ANY (:always)")
        .bindArray("always", String.class, ALWAYS.keySet())
        .mapTo(String.class)
        .forEach(column -> erased.left.putIfAbsent(column, left(column)));
    return erased;
  }

  private static boolean hasToken(Handle db, String column) {
    String text = column + "::text";
    return db.createQuery(
            "SELECT EXISTS (SELECT FROM public.user_logins WHERE %s AND %s)"
                .formatted(TokenInSql.isToken(text), TokenInSql.isOurs(text)))
        .mapTo(boolean.class)
        .one();
  }

  /** The domain of the value if it is one of our tokens: otherwise it could be any text. */
  private static String domain(String text, String otherwise) {
    return """
        coalesce((SELECT d FROM (VALUES ('ip'), ('device')
          UNION SELECT field FROM cameleon.masked_field) known (d)
          WHERE d = left(%s, -32) AND %s), '%s')"""
        .formatted(text, TokenInSql.isToken(text), otherwise);
  }

  private static String left(String column) {
    return "coalesce(NOT " + TokenInSql.isErased(column + "::text") + ", false)::int";
  }
}
