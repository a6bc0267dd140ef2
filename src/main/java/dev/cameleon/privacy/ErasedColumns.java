package dev.cameleon.privacy;

import dev.cameleon.mask.Token;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Determines what is erased in a person's rows besides the user id: in a masked column every value,
 * whatever its form, because rows from before Cameleon may hold it in plain text or hashed; in any
 * other column, tokens.
 */
final class ErasedColumns {
  private static final Map<String, String> ALWAYS = MaskedColumns.ALWAYS;

  /**
   * The domain of a random token where the value has none: short, so that the token fits into the
   * narrowest column.
   */
  private static final String UNKNOWN = "x";

  private final List<String> values = new ArrayList<>();
  private final Map<String, String> left = new LinkedHashMap<>();

  private ErasedColumns() {}

  /**
   * Finds out which columns are masked.
   *
   * @param columns columns that may hold tokens, without the user id, quoted for SQL
   */
  static ErasedColumns of(Connection connection, List<String> columns) throws SQLException {
    ErasedColumns erased = new ErasedColumns();
    for (String column : columns) {
      boolean masked = ALWAYS.containsKey(column) || hasToken(connection, column);
      String text = column + "::text";
      erased.values.add(
          String.format(
              "%s = CASE WHEN %s THEN %s ELSE %s END",
              column,
              masked ? text + " IS NOT NULL" : TokenInSql.isToken(text),
              TokenInSql.erased(domain(text, ALWAYS.getOrDefault(column, UNKNOWN))),
              text));
      if (masked) {
        erased.left.put(column, left(text));
      }
    }
    // A masked column that is too narrow for a token, or generated, cannot be rewritten: it is
    // listed as not erased.
    for (String column : present(connection)) {
      if (!columns.contains(column)) {
        erased.left.put(column, left(column + "::text"));
      }
    }
    return erased;
  }

  private static boolean hasToken(Connection connection, String column) throws SQLException {
    String text = column + "::text";
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT EXISTS (SELECT FROM public.user_logins WHERE "
                    + TokenInSql.isToken(text)
                    + " AND ("
                    + TokenInSql.keyId(text)
                    + " = '"
                    + Token.ERASED
                    + "' OR "
                    + TokenInSql.keyId(text)
                    + " IN (SELECT key_id FROM cameleon.mask_key)))")) {
      return row.next() && row.getBoolean(1);
    }
  }

  private static List<String> present(Connection connection) throws SQLException {
    List<String> present = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT quote_ident(attname) FROM pg_attribute WHERE attnum > 0"
                    + " AND attrelid = 'public.user_logins'::regclass AND NOT attisdropped"
                    + " AND attname IN ('"
                    + String.join("', '", ALWAYS.keySet())
                    + "')")) {
      while (row.next()) {
        present.add(row.getString(1));
      }
    }
    return present;
  }

  /** The domain of the value if it is one of our tokens: otherwise it could be any text. */
  private static String domain(String text, String otherwise) {
    return "coalesce((SELECT d FROM (VALUES ('ip'), ('device') UNION"
        + " SELECT field FROM cameleon.masked_field) known (d) WHERE d = left("
        + text
        + ", -32) AND "
        + TokenInSql.isToken(text)
        + "), '"
        + otherwise
        + "')";
  }

  private static String left(String text) {
    return String.format(
        "coalesce(NOT (%s AND %s = '%s'), false)::int",
        TokenInSql.isToken(text), TokenInSql.keyId(text), Token.ERASED);
  }

  /** The new values, as SQL assignments. */
  List<String> values() {
    return values;
  }

  /**
   * For each column that must change, an SQL expression that is 1 if a rewritten row's value was
   * not erased, else 0.
   */
  Map<String, String> left() {
    return left;
  }
}
