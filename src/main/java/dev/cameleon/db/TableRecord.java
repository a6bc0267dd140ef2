package dev.cameleon.db;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The database's record of the tables that a pipeline writes, {@code cameleon.loaded_table}. A
 * table leaves it only by {@link #remove}: the privacy commands must find every token.
 *
 * @param pipeline its name
 * @param subject the path of the property that names the person; empty if there is none
 * @param tables the declared tables
 * @param upserts those that {@code load.sql} writes with ON CONFLICT
 */
public record TableRecord(
    String pipeline, String subject, List<LoadedTable> tables, Set<LoadedTable.Name> upserts) {
  private static final String DECLARED =
      """
      SELECT ?::text AS pipeline, format('%I.%I', ?::text, ?::text) AS relation, ?::text AS person,
             ?::text AS via, format('%I.%I', ?::text, ?::text) AS parent, ?::text AS parent_key,
             ?::boolean AS delete_rows, ?::boolean AS upsert
      """;

  private static final String RECORDED =
      "SELECT EXISTS (SELECT FROM cameleon.loaded_table t JOIN ("
          + DECLARED
          + ") d USING (pipeline, relation) WHERE t.person IS NOT DISTINCT FROM d.person"
          + " AND t.via IS NOT DISTINCT FROM d.via"
          + " AND t.parent IS NOT DISTINCT FROM CASE WHEN d.via <> '' THEN d.parent END"
          + " AND t.parent_key IS NOT DISTINCT FROM d.parent_key"
          + " AND t.delete_rows = d.delete_rows AND t.upsert >= d.upsert)";

  private static final String INSERT =
      "INSERT INTO cameleon.loaded_table AS t SELECT pipeline, relation, person, via,"
          + " CASE WHEN via <> '' THEN parent END, parent_key, delete_rows, upsert FROM ("
          + DECLARED
          + ") d ON CONFLICT (pipeline, relation) DO UPDATE SET person = excluded.person,"
          + " via = excluded.via, parent = excluded.parent, parent_key = excluded.parent_key,"
          + " delete_rows = excluded.delete_rows, upsert = t.upsert OR excluded.upsert";

  /**
   * What a column is: empty if there is none, else whether it takes a random user id (a text of 36
   * characters), and whether it is a key that other rows may refer to, or that refers to others.
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

  /**
   * Records the declared tables, and grants the roles their part in them.
   *
   * @param connection the owner's, with auto-commit on
   * @return the problems, each as one sentence; if there are any, nothing is recorded
   * @throws SQLException if the database refuses or fails
   */
  public List<String> save(Connection connection) throws SQLException {
    List<String> problems = new ArrayList<>();
    for (LoadedTable table : tables) {
      problem(connection, table).ifPresent(problems::add);
    }
    if (!problems.isEmpty() || isRecorded(connection)) {
      return problems;
    }
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("LOCK TABLE cameleon.loaded_table IN SHARE ROW EXCLUSIVE MODE");
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO cameleon.pipeline VALUES (?, nullif(?, '')) ON CONFLICT (name)"
                  + " DO UPDATE SET subject = excluded.subject")) {
        insert.setString(1, pipeline);
        insert.setString(2, subject);
        insert.executeUpdate();
      }
      try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
        for (LoadedTable table : tables) {
          set(insert, table);
          insert.executeUpdate();
        }
      }
      statement.execute("SELECT cameleon.grant_roles()");
      connection.commit();
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
    return problems;
  }

  /**
   * Compares the declared tables with the record, as a loader, and changes nothing.
   *
   * @return the problems, each as one sentence
   * @throws SQLException if the database refuses or fails
   */
  public List<String> problems(Connection connection) throws SQLException {
    List<String> problems = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(RECORDED)) {
      for (LoadedTable table : tables) {
        set(statement, table);
        if (!isTrue(statement)) {
          problems.add(
              "the database has no record that the pipeline %s loads %s as declared, so erasure and rotation would miss its rows: run migrate with this configuration"
                  .formatted(pipeline, table.table()));
        }
      }
    }
    return problems;
  }

  private boolean isRecorded(Connection connection) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT EXISTS (SELECT FROM cameleon.pipeline WHERE name = ?"
                + " AND subject IS NOT DISTINCT FROM nullif(?, ''))")) {
      statement.setString(1, pipeline);
      statement.setString(2, subject);
      return isTrue(statement) && problems(connection).isEmpty();
    }
  }

  /** The recorded tables, as declared, each with its pipeline. */
  public static List<String> list(Connection connection) throws SQLException {
    List<String> lines = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                SELECT pipeline || ': ' || relation || CASE
                         WHEN via IS NULL THEN '(' || coalesce(quote_ident(person), '') || ')'
                         ELSE format(' via %I = %s.%I', via, parent, parent_key) END
                       || CASE WHEN delete_rows THEN ' delete' ELSE '' END
                  FROM cameleon.loaded_table ORDER BY pipeline, relation
                """)) {
      while (row.next()) {
        lines.add(row.getString(1));
      }
    }
    return lines;
  }

  /** Whether a recorded name is one of a table. */
  public static boolean exists(Connection connection, String table) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT to_regclass(relation) IS NOT NULL FROM cameleon.loaded_table"
                + " WHERE relation = ?")) {
      statement.setString(1, table);
      return isTrue(statement);
    }
  }

  /**
   * Removes a table from the record.
   *
   * @param connection the owner's
   * @param table with its schema, quoted where SQL needs it
   * @return how many pipelines had it
   * @throws SQLException if the database refuses or fails
   */
  public static int remove(Connection connection, String table) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM cameleon.loaded_table WHERE relation = ? AND NOT EXISTS"
                + " (SELECT FROM cameleon.loaded_table c WHERE c.parent = ?)")) {
      delete.setString(1, table);
      delete.setString(2, table);
      return delete.executeUpdate();
    }
  }

  private void set(PreparedStatement statement, LoadedTable table) throws SQLException {
    Optional<LoadedTable.Via> via = table.via();
    statement.setString(1, pipeline);
    statement.setString(2, table.table().schema());
    statement.setString(3, table.table().name());
    statement.setString(4, table.person().orElse(null));
    statement.setString(5, via.map(LoadedTable.Via::column).orElse(null));
    statement.setString(6, via.map(way -> way.parent().schema()).orElse(""));
    statement.setString(7, via.map(way -> way.parent().name()).orElse(""));
    statement.setString(8, via.map(LoadedTable.Via::key).orElse(null));
    statement.setBoolean(9, table.delete());
    statement.setBoolean(10, upserts.contains(table.table()));
  }

  private static Optional<String> problem(Connection connection, LoadedTable table)
      throws SQLException {
    LoadedTable.Name name = table.table();
    try (PreparedStatement statement = connection.prepareStatement(TABLE)) {
      statement.setString(1, name.schema());
      statement.setString(2, name.name());
      if (!isTrue(statement)) {
        return Optional.of(name + " is no table of this database: create it first");
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
              "the column %s of %s cannot take a random user id when a person is erased, because it is a key, or no text of 36 characters: write %s(%s) delete, and erasure deletes the person's rows"
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

  /** Whether the one row says true; false without a row. */
  private static boolean isTrue(PreparedStatement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      return row.next() && row.getBoolean(1);
    }
  }
}
