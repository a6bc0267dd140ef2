package dev.cameleon.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.db.SqlErrors;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs a {@link LoadStatement} as a trial, in a transaction that the caller rolls back: for {@code
 * check} and {@code test}.
 */
public final class TrialLoad {
  private static final JsonMapper ROWS =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private final LoadStatement statement;
  private final Connection connection;

  /**
   * Tries a statement.
   *
   * @param connection in a transaction that the caller rolls back
   */
  public TrialLoad(LoadStatement statement, Connection connection) {
    this.statement = statement;
    this.connection = connection;
  }

  /**
   * Loads these events, and checks deferred constraints as a commit would.
   *
   * @return the rows that were written, by table
   */
  public Map<String, List<ObjectNode>> written(LoadParameters values) throws SQLException {
    List<List<ObjectNode>> rows = byInsert(values);
    Map<String, List<ObjectNode>> written = new LinkedHashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      written
          .computeIfAbsent(statement.file().inserts().get(i).table(), name -> new ArrayList<>())
          .addAll(rows.get(i));
    }
    return written;
  }

  /** As {@link #written}, but grouped by INSERT. */
  List<List<ObjectNode>> byInsert(LoadParameters values) throws SQLException {
    List<List<ObjectNode>> rows =
        LoadStatement.run(
            connection,
            statement.trialSql(),
            values,
            result -> {
              List<List<ObjectNode>> written = new ArrayList<>();
              for (int i = 1; i <= statement.file().inserts().size(); i++) {
                List<ObjectNode> insert = new ArrayList<>();
                String json = result.getString("rows_" + i);
                parse(json == null ? "[]" : json).forEach(row -> insert.add((ObjectNode) row));
                written.add(insert);
              }
              return written;
            });
    checkDeferred(connection);
    return rows;
  }

  private static JsonNode parse(String rows) {
    try {
      return ROWS.readTree(rows);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot read JSON from PostgreSQL");
    }
  }

  /**
   * The first INSERT that refuses these events because two of its rows have the same key.
   *
   * @param values equal events
   * @return its place in the file; empty if there is none
   */
  public Optional<String> repeatedKey(LoadParameters values) throws SQLException {
    LoadSql file = statement.file();
    for (int count = 1; count <= file.inserts().size(); count++) {
      if (!file.inserts().get(count - 1).upsert()) {
        continue;
      }
      Savepoint before = connection.setSavepoint();
      try {
        statement.first(count).run(connection, values);
      } catch (SQLException e) {
        if (SqlErrors.isRepeatedKey(e)) {
          return Optional.of(file.place(file.inserts().get(count - 1).offset()));
        }
        if (!new SqlErrors().isRefusal(e)) {
          throw e;
        }
      } finally {
        connection.rollback(before);
      }
    }
    return Optional.empty();
  }

  /** Checks the constraints that the database would check at the commit. */
  public static void checkDeferred(Connection connection) throws SQLException {
    try (Statement constraints = connection.createStatement()) {
      constraints.execute("SET CONSTRAINTS ALL IMMEDIATE");
    }
  }
}
