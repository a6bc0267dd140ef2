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

/** What erasure, retokenization and the doctor know of {@code public.user_logins}. */
final class Logins {
  private Logins() {}

  /**
   * The columns of text that are wide enough for a token (it has 33 characters or more), quoted for
   * SQL; an operator may have added some. Which of them hold tokens says {@link
   * LoginTokens#columns}.
   */
  static List<String> columns(Connection connection) throws SQLException {
    List<String> columns = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT quote_ident(attname) FROM pg_attribute JOIN pg_type t ON t.oid = atttypid"
                    + " WHERE attrelid = 'public.user_logins'::regclass AND attnum > 0"
                    + " AND NOT attisdropped AND attgenerated = ''"
                    // Texts of any kind: domains over them, and citext, too.
                    + " AND typcategory = 'S' AND typname <> 'name'"
                    // The modifier of a type with a length is that length and 4.
                    + " AND (atttypmod < 4 OR atttypmod >= 33 + 4)"
                    + " ORDER BY attnum")) {
      while (row.next()) {
        columns.add(row.getString(1));
      }
    }
    return columns;
  }

  /** The texts of these columns, as rows {@code v (name, value)} for each row of the table. */
  static String values(List<String> columns, String table) {
    return columns.stream()
        .map(column -> "('" + column.replace("'", "''") + "', " + table + "." + column + "::text)")
        .collect(Collectors.joining(", ", "(VALUES ", ") v (name, value)"));
  }

  /** Whether user ids are masked, so that the column of them holds tokens. */
  static boolean masksUsers(Connection connection) throws SQLException {
    try (PreparedStatement statement =
            connection.prepareStatement(
                "SELECT EXISTS (SELECT FROM cameleon.masked_field WHERE field = 'user_id')");
        ResultSet row = statement.executeQuery()) {
      return row.next() && row.getBoolean(1);
    }
  }

  /**
   * Those of a table's tokens that rows have, as a query: a join for each column, so that an index
   * helps.
   *
   * @param source what has a column {@code token}, for SQL
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
   * Takes the turn that only one of them has at a time; it ends with the connection.
   *
   * @return whether it was free
   */
  static boolean lock(Connection connection) throws SQLException {
    return AdvisoryLock.LOGINS.take(connection);
  }
}
