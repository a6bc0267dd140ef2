package dev.cameleon.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.db.LoadedTable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The tables that a statement writes, as PostgreSQL's plan names them: also those behind a view, a
 * rule or the search path.
 */
final class WrittenTables {
  private record Write(LoadedTable.Name table, String operation) {}

  /** The tables that Cameleon's own part of the statement writes. */
  private static final List<String> OWN = List.of("ingested_message", "sealed_data_key", "vault");

  private WrittenTables() {}

  /**
   * Finds tables that the statement writes and that are not declared.
   *
   * @param sql the text of a {@link LoadStatement}
   * @return the problems, each as one sentence
   * @throws SQLException if the database refuses the statement or fails
   */
  static List<String> problems(
      Connection connection, String sql, Collection<LoadedTable.Name> declared)
      throws SQLException {
    List<Write> writes = new ArrayList<>();
    collect(plan(connection, sql), writes);
    OWN.forEach(own -> writes.remove(new Write(new LoadedTable.Name("cameleon", own), "Insert")));
    return writes.stream()
        .distinct()
        .filter(write -> !write.operation().equals("Insert") || !declared.contains(write.table()))
        .map(WrittenTables::problem)
        .toList();
  }

  private static String problem(Write write) {
    if (write.table().schema().equals("cameleon")) {
      return "load.sql writes "
          + write.table()
          + ", one of Cameleon's own tables: remove that INSERT";
    }
    return write.operation().equals("Insert")
        ? undeclared(write.table().toString())
        : "load.sql runs %s on %s: it may only INSERT".formatted(write.operation(), write.table());
  }

  /** The message about a table that is not declared. */
  static String undeclared(String table) {
    return "load.sql writes %s, which cameleon.tables (CAMELEON_TABLES) does not declare, so erasure and rotation would miss its rows: add %s(COLUMN OF THE PERSON)"
        .formatted(table, table);
  }

  private static JsonNode plan(Connection connection, String sql) throws SQLException {
    String explain =
        "EXPLAIN (VERBOSE, FORMAT JSON) "
            + sql.replace(":?batch", "'[]'").replace(":?vault", "'{}'");
    try (PreparedStatement statement = connection.prepareStatement(explain);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return JsonMapper.builder().build().readTree(row.getString(1));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot read JSON from PostgreSQL");
    }
  }

  private static void collect(JsonNode node, List<Write> writes) {
    if (node.path("Node Type").asText().equals("ModifyTable")) {
      writes.add(
          new Write(
              new LoadedTable.Name(
                  node.path("Schema").asText(), node.path("Relation Name").asText()),
              node.path("Operation").asText()));
    }
    node.forEach(part -> collect(part, writes));
  }
}
