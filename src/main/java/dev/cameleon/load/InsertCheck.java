package dev.cameleon.load;

import dev.cameleon.contract.Column;
import dev.cameleon.contract.Contract;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Finds mistakes in {@code load.sql}, each INSERT by itself, without running it. */
public final class InsertCheck {
  /** Words that PostgreSQL does not read as the column of this name. */
  private static final List<String> SILENT =
      List.of(
          ("user current_user session_user system_user current_role current_catalog current_schema"
                  + " current_date current_time current_timestamp localtime localtimestamp"
                  + " true false null")
              .split(" ", -1));

  private final LoadSql file;
  private final List<Column> columns;

  /**
   * Prepares the check.
   *
   * @param file the operator's INSERTs
   * @param contract tells the columns of {@code event}
   */
  public InsertCheck(LoadSql file, Contract contract) {
    this.file = file;
    this.columns = contract.columns();
  }

  /**
   * Finds words in {@code load.sql} that PostgreSQL would silently read as keywords instead of the
   * contract's property of the same name.
   *
   * @return the problems, each with file, line and column
   */
  public static List<String> misread(LoadSql file, Contract contract) {
    return contract.columns().stream()
        .map(Column::name)
        .filter(SILENT::contains)
        .flatMap(
            name ->
                file.bare(name).stream()
                    .map(
                        place ->
                            place
                                + ": "
                                + name
                                + " is a keyword of PostgreSQL here; for the column of event write \""
                                + name
                                + "\""))
        .toList();
  }

  /** The columns of {@code event} that SQL must quote, according to the server's keywords. */
  public List<String> quotedNames(Connection connection) throws SQLException {
    String query =
        "SELECT name FROM unnest(?) WITH ORDINALITY AS t(name, position) WHERE quote_ident(name) <> name AND NOT EXISTS"
            + " (SELECT FROM pg_get_keywords() WHERE word = name AND catcode = 'C')"
            + " ORDER BY position";
    Object[] all = columns.stream().map(Column::name).toArray();
    List<String> names = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      statement.setArray(1, connection.createArrayOf("text", all));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          names.add(row.getString(1));
        }
      }
    }
    return names;
  }

  /**
   * Lets PostgreSQL, which knows the tables and columns, parse each INSERT by itself.
   *
   * @return the problems, each with file, line and column
   * @throws SQLException if the database fails for another reason
   */
  public List<String> problems(Connection connection) throws SQLException {
    List<String> problems = new ArrayList<>();
    for (LoadSql.Insert insert : file.inserts()) {
      problem(connection, insert, LoadStatement.declared(columns)).ifPresent(problems::add);
    }
    return problems;
  }

  /**
   * The fields of the contract that no INSERT reads; empty if an INSERT reads all of {@code event}.
   */
  public List<String> unread(Connection connection) throws SQLException {
    List<String> unread = new ArrayList<>();
    if (file.readsWholeEvent()) {
      return unread;
    }
    for (Column column : columns) {
      List<Column> others = columns.stream().filter(other -> !other.equals(column)).toList();
      boolean needed = false;
      for (LoadSql.Insert insert : file.inserts()) {
        needed = needed || problem(connection, insert, LoadStatement.declared(others)).isPresent();
      }
      if (!needed) {
        unread.add(column.name());
      }
    }
    return unread;
  }

  /** Lets PostgreSQL parse an INSERT over an event of these columns. */
  private Optional<String> problem(Connection connection, LoadSql.Insert insert, String declared)
      throws SQLException {
    String head =
        "WITH event AS (SELECT * FROM json_to_recordset('[]') AS t(" + declared + ")), load AS (";
    Savepoint before = connection.getAutoCommit() ? null : connection.setSavepoint();
    try (PreparedStatement statement =
        connection.prepareStatement(head + insert.forJdbc() + "\nRETURNING 1) SELECT 1")) {
      statement.getMetaData(); // parses it in the server
      return Optional.empty();
    } catch (PSQLException e) {
      ServerErrorMessage error = e.getServerErrorMessage();
      if (error == null || !String.valueOf(e.getSQLState()).startsWith("42")) {
        throw e;
      }
      if (before != null) {
        connection.rollback(before);
      }
      int position = Math.max(error.getPosition() - 1 - head.length(), 0);
      return Optional.of(place(insert, position) + ": " + error.getMessage());
    }
  }

  private String place(LoadSql.Insert insert, int position) {
    return file.place(insert.offset() + Math.min(position, insert.text().length()));
  }
}
