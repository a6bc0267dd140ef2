package dev.cameleon.db;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Finds problems of declared tables that would prevent the privacy commands from working on them.
 */
final class TableProblems {
  /**
   * Describes a column: no row if it does not exist; otherwise whether it takes a random user id (a
   * text of 36 characters), and whether it belongs to a primary key, or to either side of a foreign
   * key.
   */
  private static final String COLUMN =
      """
      SELECT t.typcategory = 'S' AND t.typname <> 'name' AND a.attgenerated = ''
               AND (atttypmod < 4 OR atttypmod >= 36 + 4),
             EXISTS (SELECT FROM pg_constraint
                      WHERE contype IN ('p', 'f')
                        AND (conrelid = a.attrelid AND a.attnum = ANY (conkey)
                             OR confrelid = a.attrelid AND a.attnum = ANY (confkey)))
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
       WHERE a.attrelid = to_regclass(format('%I.%I', ?::text, ?::text)) AND a.attname = ?
         AND a.attnum > 0 AND NOT a.attisdropped
      """;

  private static final String TABLE =
      "SELECT true FROM pg_class WHERE oid = to_regclass(format('%I.%I', ?::text, ?::text))"
          + " AND relkind IN ('r', 'p')";

  private static final String NO_TABLE = "42P01";

  /** Tables that lead to themselves, possibly through the declarations of several pipelines. */
  private static final String CIRCLES =
      """
      WITH RECURSIVE way AS (
        SELECT relation, parent FROM cameleon.loaded_table WHERE parent IS NOT NULL
        UNION SELECT w.relation, t.parent FROM way w JOIN cameleon.loaded_table t ON t.relation = w.parent
               WHERE t.parent IS NOT NULL)
      SELECT string_agg(relation, ', ' ORDER BY relation) FROM way WHERE relation = parent
      """;

  private static final String PERSONS =
      """
      SELECT relation, cameleon.rows_of_person(relation, '''x''::text')
        FROM cameleon.loaded_table WHERE pipeline = ? AND to_regclass(relation) IS NOT NULL ORDER BY 1
      """;

  private TableProblems() {}

  /** The problems of these declarations, each as one sentence. */
  static List<String> declared(Connection connection, List<LoadedTable> tables)
      throws SQLException {
    List<String> problems = new ArrayList<>();
    for (LoadedTable table : tables) {
      problem(connection, table).ifPresent(problems::add);
    }
    return problems;
  }

  /** The first problem of the record, as it is in this transaction. */
  static Optional<String> recorded(Connection connection, String pipeline) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(CIRCLES)) {
      if (row.next() && row.getString(1) != null) {
        return Optional.of(
            "with the tables of the other pipelines (tables list), these lead in a circle: "
                + row.getString(1));
      }
    }
    try (PreparedStatement statement = connection.prepareStatement(PERSONS)) {
      statement.setString(1, pipeline);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          Optional<String> problem = unreadable(connection, row.getString(1), row.getString(2));
          if (problem.isPresent()) {
            return problem;
          }
        }
      }
    }
    return Optional.empty();
  }

  /** Lets PostgreSQL parse the condition for a person's rows; this needs no right to read them. */
  private static Optional<String> unreadable(Connection connection, String table, String mine)
      throws SQLException {
    Savepoint before = connection.setSavepoint();
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT FROM %s l WHERE %s".formatted(table, mine))) {
      statement.getMetaData();
      return Optional.empty();
    } catch (PSQLException e) {
      ServerErrorMessage error = e.getServerErrorMessage();
      if (error == null || !SqlErrors.state(e).startsWith("42")) {
        throw e;
      }
      connection.rollback(before);
      if (SqlErrors.state(e).equals(NO_TABLE)) {
        return Optional.empty(); // renamed; it is still on record
      }
      return Optional.of(
          "the person of a row of %s cannot be found as declared: %s"
              .formatted(table, error.getMessage()));
    }
  }

  private static Optional<String> problem(Connection connection, LoadedTable table)
      throws SQLException {
    LoadedTable.Name name = table.table();
    try (PreparedStatement statement = connection.prepareStatement(TABLE)) {
      statement.setString(1, name.schema());
      statement.setString(2, name.name());
      if (!TableRecord.isTrue(statement)) {
        return Optional.of(name + " is not a table of this database: create it first");
      }
    }
    if (table.via().isPresent()) {
      LoadedTable.Via via = table.via().get();
      Optional<String> missing = missing(connection, name, via.column());
      return missing.isPresent() ? missing : missing(connection, via.parent(), via.key());
    }
    if (table.person().isEmpty()) {
      return Optional.empty();
    }
    return personProblem(connection, table, table.person().get());
  }

  private static Optional<String> missing(
      Connection connection, LoadedTable.Name table, String column) throws SQLException {
    try (PreparedStatement statement = column(connection, table, column);
        ResultSet row = statement.executeQuery()) {
      return row.next() ? Optional.empty() : Optional.of(table + " has no column " + column);
    }
  }

  private static Optional<String> personProblem(
      Connection connection, LoadedTable table, String column) throws SQLException {
    try (PreparedStatement statement = column(connection, table.table(), column);
        ResultSet row = statement.executeQuery()) {
      if (!row.next()) {
        return Optional.of(table.table() + " has no column " + column);
      }
      boolean rewritable = row.getBoolean(1) && !row.getBoolean(2);
      return rewritable || table.delete()
          ? Optional.empty()
          : Optional.of(
              "the column %s of %s cannot take a random user id when a person is erased, because it is a key, or cannot hold a text of 36 characters: write %s(%s) delete, and erasure deletes the person's rows"
                  .formatted(column, table.table(), table.table(), column));
    }
  }

  private static PreparedStatement column(
      Connection connection, LoadedTable.Name table, String column) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(COLUMN);
    statement.setString(1, table.schema());
    statement.setString(2, table.name());
    statement.setString(3, column);
    return statement;
  }
}
