package dev.cameleon.privacy;

import dev.cameleon.db.AdvisoryLock;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Facts about {@code public.user_logins} that erasure, retokenization and the doctor share. */
final class Logins {
  private Logins() {}

  /**
   * The text columns that are wide enough for a token (33 characters or more), quoted for SQL; an
   * operator may have added some. {@link LoginTokens#columns} selects those that hold tokens.
   */
  static List<String> columns(Connection connection) throws SQLException {
    List<String> columns = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT quote_ident(attname) FROM pg_attribute JOIN pg_type t ON t.oid = atttypid"
                    + " WHERE attrelid = 'public.user_logins'::regclass AND attnum > 0"
                    + " AND NOT attisdropped AND attgenerated = ''"
                    // Text types of any kind, domains over them and citext included.
                    + " AND typcategory = 'S' AND typname <> 'name'"
                    // The type modifier of a text type with a length is that length plus 4.
                    + " AND (atttypmod < 4 OR atttypmod >= 33 + 4)"
                    + " ORDER BY attnum")) {
      while (row.next()) {
        columns.add(row.getString(1));
      }
    }
    return columns;
  }

  /**
   * A FROM item with the texts of these columns, as rows {@code v (name, value)} for each row of
   * the table.
   */
  static String values(List<String> columns, String table) {
    return columns.stream()
        .map(column -> "('" + column.replace("'", "''") + "', " + table + "." + column + "::text)")
        .collect(Collectors.joining(", ", "(VALUES ", ") v (name, value)"));
  }

  /** Whether user ids are masked, so that the column user_id holds tokens. */
  static boolean masksUsers(Connection connection) throws SQLException {
    try (PreparedStatement statement =
            connection.prepareStatement(
                "SELECT EXISTS (SELECT FROM cameleon.masked_field WHERE field = 'user_id')");
        ResultSet row = statement.executeQuery()) {
      return row.next() && row.getBoolean(1);
    }
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
                "SELECT token FROM "
                    + source
                    + " JOIN public.user_logins ON token = "
                    + column
                    + "::text")
        .collect(Collectors.joining(" UNION "));
  }

  /**
   * Takes the lock that allows one erase, prune or retokenize at a time; it is released when the
   * connection ends.
   *
   * @return whether it was free
   */
  static boolean lock(Connection connection) throws SQLException {
    return AdvisoryLock.LOGINS.take(connection);
  }
}
