package dev.cameleon.privacy;

import java.util.List;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** Facts about {@code public.user_logins} that erasure, retokenization and the doctor share. */
final class Logins {
  private Logins() {}

  /**
   * The text columns that are wide enough for a token (33 characters or more), quoted for SQL; an
   * operator may have added some. {@link LoginTokens#columns} selects those that hold tokens.
   */
  static List<String> columns(Handle db) {
    return db.createQuery(
            """
            SELECT quote_ident(attname) FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
             WHERE attrelid = 'public.user_logins'::regclass AND attnum > 0
               AND NOT attisdropped AND attgenerated = ''
               -- Text types of any kind, domains over them and citext included.
               AND typcategory = 'S' AND typname <> 'name'
               -- The type modifier of a text type with a length is that length plus 4.
               AND (atttypmod < 4 OR atttypmod >= 33 + 4)
             ORDER BY attnum
            """)
        .mapTo(String.class)
        .list();
  }

  /**
   * A FROM item with the texts of these columns, as rows {@code v (name, value)} for each row
   * {@code l} of the table.
   */
  static String values(List<String> columns) {
    return columns.stream()
        .map(column -> "('" + column.replace("'", "''") + "', l." + column + "::text)")
        .collect(
            Collectors.joining(
                ", ", "public.user_logins l CROSS JOIN LATERAL (VALUES ", ") v (name, value)"));
  }

  /** Whether user ids are masked, so that the column user_id holds tokens. */
  static boolean masksUsers(Handle db) {
    return db.createQuery(
            "SELECT EXISTS (SELECT FROM cameleon.masked_field WHERE field = 'user_id')")
        .mapTo(boolean.class)
        .one();
  }

  /**
   * A query for the tokens of a table that rows use: one join per column, so that an index helps.
   *
   * @param source an SQL relation with a column {@code token}
   * @param columns at least one
   */
  static String used(String source, List<String> columns) {
    return columns.stream()
        .map(
            column ->
                "SELECT token FROM %s JOIN public.user_logins ON token = %s::text"
                    .formatted(source, column))
        .collect(Collectors.joining(" UNION "));
  }

  /** A query, in parentheses, for the tokens of the vault that no row uses. */
  static String unused(List<String> columns) {
    return "(SELECT token FROM cameleon.vault EXCEPT (" + used("cameleon.vault", columns) + "))";
  }
}
