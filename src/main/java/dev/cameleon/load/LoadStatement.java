package dev.cameleon.load;

import dev.cameleon.contract.Column;
import dev.cameleon.contract.Contract;
import dev.cameleon.db.LoadedTable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The one statement, and therefore one transaction and one round trip, that loads a batch: ledger,
 * vault, and the INSERTs of {@link LoadSql}. The INSERTs read {@code event}, which holds the events
 * of the messages that are not in the ledger yet.
 */
public final class LoadStatement {
  /** The column with the number of messages that were new. */
  public static final String LOADED = "loaded";

  private static final int TIMEOUT_SECONDS = 5;

  /**
   * Cameleon's own columns of {@code event}; no property of the contract may have one of these
   * names.
   */
  private static final String OWN = "message_id uuid, event_number integer, sent_at timestamptz";

  private static final String HEAD =
      """
      WITH cameleon_batch AS MATERIALIZED (
        SELECT * FROM ROWS FROM (json_to_recordset(:?batch::json) AS (:declared))
          WITH ORDINALITY AS t(:columns, cameleon_position)
      ),
      cameleon_sealed AS MATERIALIZED (            -- parsed once, not once per entry
        SELECT (part ->> 'made')::timestamptz AS made, (part ->> 'data_key')::uuid AS data_key,
               part -> 'keys' AS keys, part -> 'entries' AS entries, part -> 'turn' AS turn
          FROM (SELECT :?vault::json) AS parameter(part)
      ),
      cameleon_turn AS MATERIALIZED (              -- after a deadlock, one loader at a time
        SELECT pid FROM cameleon.ledger_lock
         WHERE (SELECT turn FROM cameleon_sealed) IS NOT NULL
           FOR UPDATE                              -- a row that only our roles may lock
      ),
      cameleon_fresh AS (
        INSERT INTO cameleon.ingested_message (message_id, pipeline)
        SELECT message_id, ':pipeline' FROM cameleon_batch
         WHERE event_number = 1
           AND cameleon.is_current((SELECT made FROM cameleon_sealed     -- else it is built anew
                                     WHERE (SELECT count(*) FROM cameleon_turn) >= 0))
         ORDER BY message_id                       -- the same order in every process: no deadlocks
        ON CONFLICT DO NOTHING
        RETURNING message_id
      ),
      cameleon_data_key AS (
        INSERT INTO cameleon.sealed_data_key (data_key, recipient, sealed_key)
        SELECT data_key, recipient, decode(sealed_key, 'base64')
          FROM cameleon_sealed, json_to_recordset(keys) AS k(recipient text, sealed_key text)
         ORDER BY recipient
        ON CONFLICT DO NOTHING
      ),
      cameleon_entry AS MATERIALIZED (
        SELECT e.*, data_key
          FROM cameleon_sealed, json_to_recordset(entries)
            AS e(message_id uuid, token text, entry uuid, value text)
      ),
      cameleon_vault AS (
        INSERT INTO cameleon.vault (token, entry, data_key, sealed)
        SELECT DISTINCT ON (token) token, entry, data_key, decode(value, 'base64')
          FROM cameleon_entry JOIN cameleon_fresh USING (message_id)   -- a duplicate restores nothing
         ORDER BY token
        ON CONFLICT DO NOTHING
      ),
      event AS (
        SELECT :columns FROM cameleon_batch JOIN cameleon_fresh USING (message_id)
         ORDER BY cameleon_position                -- of one group of a FIFO queue, in its order
      )""";

  private final LoadSql file;
  private final String pipeline;
  private final String declared;
  private final String columns;
  private final String sql;

  /**
   * Builds the statement.
   *
   * @param file the operator's INSERTs
   * @param contract tells the columns of {@code event}
   * @param pipeline the pipeline's name, for its ledger: letters, digits, {@code _} and {@code -}
   */
  public LoadStatement(LoadSql file, Contract contract, String pipeline) {
    this(
        file,
        declared(contract.columns()),
        "message_id, event_number, sent_at"
            + contract.columns().stream()
                .map(column -> ", " + quoted(column))
                .collect(Collectors.joining()),
        pipeline);
  }

  private LoadStatement(LoadSql file, String declared, String columns, String pipeline) {
    this.file = file;
    this.pipeline = pipeline;
    this.declared = declared;
    this.columns = columns;
    this.sql = compose("RETURNING 1", "(SELECT count(*) FROM cameleon_load_%d) AS rows_%d");
  }

  private String compose(String returning, String result) {
    StringBuilder statement =
        new StringBuilder(
            HEAD.replace(":pipeline", pipeline)
                .replace(":declared", declared)
                .replace(":columns", columns));
    StringBuilder results = new StringBuilder("(SELECT count(*) FROM cameleon_fresh) AS " + LOADED);
    int number = 0;
    for (LoadSql.Insert insert : file.inserts()) {
      number++;
      statement.append(",\ncameleon_load_").append(number).append(" AS (");
      statement.append(insert.forJdbc()).append('\n').append(returning).append(')');
      results.append(", ").append(String.format(result, number, number));
    }
    return statement.append("\nSELECT ").append(results).toString();
  }

  /** The columns of {@code event}, as SQL declares them. */
  static String declared(List<Column> columns) {
    return OWN
        + columns.stream()
            .map(column -> ", " + quoted(column) + ' ' + column.type().sql())
            .collect(Collectors.joining());
  }

  private static String quoted(Column column) {
    return '"' + column.name().replace("\"", "\"\"") + '"';
  }

  /** The statement, with Camel's parameters {@code :?batch} and {@code :?vault}. */
  public String sql() {
    return sql;
  }

  /**
   * How many rows each INSERT wrote, by table.
   *
   * @param counts the row that the statement returned
   */
  public Map<String, Long> rows(Map<String, ?> counts) {
    Map<String, Long> rows = new LinkedHashMap<>();
    for (int i = 0; i < file.inserts().size(); i++) {
      long count = ((Number) counts.get("rows_" + (i + 1))).longValue();
      rows.merge(file.inserts().get(i).table(), count, Long::sum);
    }
    return rows;
  }

  /**
   * Runs the statement outside a route.
   *
   * @return the number of messages that were new, and of the rows of each INSERT
   */
  public Map<String, Long> run(Connection connection, LoadParameters values) throws SQLException {
    return run(
        connection,
        sql,
        values,
        result -> {
          Map<String, Long> counts = new LinkedHashMap<>();
          for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
            counts.put(result.getMetaData().getColumnLabel(i), result.getLong(i));
          }
          return counts;
        });
  }

  /** Reads the one row of a result. */
  interface Reader<T> {
    T read(ResultSet result) throws SQLException;
  }

  static <T> T run(Connection connection, String sql, LoadParameters values, Reader<T> reader)
      throws SQLException {
    try (Statement limit = connection.createStatement();
        PreparedStatement statement =
            connection.prepareStatement(sql.replaceAll(":\\?(batch|vault)", "?"))) {
      // The server's limit: a locked table also delays the description of the parameters, which the
      // driver's query time-out does not cover.
      limit.execute("SET statement_timeout = '" + TIMEOUT_SECONDS + "s'");
      // The driver's limit, for the wait for a standby, which the server's limit does not cover.
      // The wait must be cancelled, because a waiting server process does not notice that the
      // client is gone.
      statement.setQueryTimeout(TIMEOUT_SECONDS + 1);
      // The socket's limit, for a server that disappears silently: no other limit takes effect
      // then.
      connection.setNetworkTimeout(Runnable::run, 2000 * TIMEOUT_SECONDS);
      statement.setString(1, values.batch());
      statement.setString(2, values.vault());
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        return reader.read(result);
      }
    }
  }

  /** The tables that it writes, named as in {@code load.sql}. */
  public Set<String> tables() {
    return file.inserts().stream()
        .map(LoadSql.Insert::table)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** The tables of {@link #tables} that it writes with ON CONFLICT. */
  public Set<String> upserts() {
    return file.inserts().stream()
        .filter(LoadSql.Insert::upsert)
        .map(LoadSql.Insert::table)
        .collect(Collectors.toSet());
  }

  /**
   * The statement whose INSERTs return their rows, as JSON in {@code rows_1}, {@code rows_2}, ….
   */
  String trialSql() {
    return compose(
        "RETURNING *", "(SELECT json_agg(load) FROM cameleon_load_%d AS load) AS rows_%d");
  }

  /** The statement with the first INSERTs only. */
  LoadStatement first(int count) {
    LoadSql first = new LoadSql(file.file(), file.text(), file.inserts().subList(0, count));
    return new LoadStatement(first, declared, columns, pipeline);
  }

  /** The operator's INSERTs. */
  LoadSql file() {
    return file;
  }

  /**
   * Finds tables that the statement writes besides the ledger, the vault and these tables.
   *
   * @return the problems, each as one sentence
   * @throws SQLException if the database refuses the statement or fails
   */
  public List<String> undeclared(Connection connection, Collection<LoadedTable.Name> tables)
      throws SQLException {
    return WrittenTables.problems(connection, sql, tables);
  }
}
