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
 * table leaves it only through {@link #remove}, because the privacy commands must find every token.
 *
 * @param pipeline the pipeline's name
 * @param subject the path of the property that names the person; empty if there is none
 * @param tables the declared tables
 * @param upserts the tables that {@code load.sql} writes with ON CONFLICT
 */
public record TableRecord(
    String pipeline, String subject, List<LoadedTable> tables, Set<LoadedTable.Name> upserts) {
  private static final String DECLARED =
      """
      SELECT ?::text AS pipeline, quote_ident(?) || '.' || quote_ident(?) AS relation, ?::text AS person,
             ?::text AS via, quote_ident(?) || '.' || quote_ident(?) AS parent, ?::text AS parent_key,
             ?::boolean AS delete_rows, ?::boolean AS upsert
      """;

  private static final String RECORDED =
      "SELECT EXISTS (SELECT FROM cameleon.loaded_table t JOIN ("
          + DECLARED
          + ") d USING (pipeline, relation) WHERE (t.person, t.via, t.parent, t.parent_key,"
          + " t.delete_rows) IS NOT DISTINCT FROM (d.person, d.via, d.parent, d.parent_key,"
          + " d.delete_rows) AND t.upsert >= d.upsert)";

  private static final String INSERT =
      "INSERT INTO cameleon.loaded_table AS t (pipeline, relation, person, via, parent, parent_key,"
          + " delete_rows, upsert) "
          + DECLARED
          + " ON CONFLICT (pipeline, relation) DO UPDATE SET person = excluded.person,"
          + " via = excluded.via, parent = excluded.parent, parent_key = excluded.parent_key,"
          + " delete_rows = excluded.delete_rows, upsert = t.upsert OR excluded.upsert";

  /**
   * Records the declared tables, and grants the roles the rights that they need on them.
   *
   * @param connection the owner's connection, with auto-commit on
   * @return the problems, each as one sentence; if there are any, nothing is recorded
   * @throws SQLException if the database refuses or fails
   */
  public List<String> save(Connection connection) throws SQLException {
    List<String> problems = TableProblems.declared(connection, tables);
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
      TableProblems.recorded(connection, pipeline).ifPresent(problems::add);
      if (problems.isEmpty()) {
        statement.execute("SELECT cameleon.grant_roles()");
        connection.commit();
      }
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
    return problems;
  }

  /**
   * Compares the declared tables with the record, with the rights of a loader, and changes nothing.
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

  /** Whether a recorded name is that of an existing table. */
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
   * Removes a table from the record, and revokes the roles' rights on it.
   *
   * @param connection the owner's connection
   * @param table its name with the schema, quoted where SQL needs it
   * @return how many pipelines had recorded it
   * @throws SQLException if the database refuses or fails
   */
  public static int remove(Connection connection, String table) throws SQLException {
    try (PreparedStatement delete =
            connection.prepareStatement(
                "DELETE FROM cameleon.loaded_table WHERE relation = ? AND NOT EXISTS"
                    + " (SELECT FROM cameleon.loaded_table c WHERE c.parent = ?)");
        PreparedStatement revoke = connection.prepareStatement("SELECT cameleon.revoke_roles(?)")) {
      delete.setString(1, table);
      delete.setString(2, table);
      int removed = delete.executeUpdate();
      if (removed > 0) {
        revoke.setString(1, table);
        revoke.execute();
      }
      return removed;
    }
  }

  private void set(PreparedStatement statement, LoadedTable table) throws SQLException {
    Optional<LoadedTable.Via> via = table.via();
    statement.setString(1, pipeline);
    statement.setString(2, table.table().schema());
    statement.setString(3, table.table().name());
    statement.setString(4, table.person().orElse(null));
    statement.setString(5, via.map(LoadedTable.Via::column).orElse(null));
    statement.setString(6, via.map(way -> way.parent().schema()).orElse(null));
    statement.setString(7, via.map(way -> way.parent().name()).orElse(null));
    statement.setString(8, via.map(LoadedTable.Via::key).orElse(null));
    statement.setBoolean(9, table.delete());
    statement.setBoolean(10, upserts.contains(table.table()));
  }

  /** The boolean of the only row; false without a row. */
  static boolean isTrue(PreparedStatement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      return row.next() && row.getBoolean(1);
    }
  }
}
