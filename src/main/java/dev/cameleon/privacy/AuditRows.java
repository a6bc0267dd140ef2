package dev.cameleon.privacy;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads the audit, newest rows last, in little memory. */
public final class AuditRows {
  /**
   * One row of the audit.
   *
   * @param seq its number in the chain
   * @param at when it was written
   * @param actor the login at the database
   * @param act what was done, to whom or what, why, and further facts
   * @param erasedBy the number of the act that erased this row's token; empty if none did
   */
  public record Row(long seq, Instant at, String actor, Audit.Act act, Optional<Long> erasedBy) {}

  private static final String COLUMNS =
      "SELECT seq, at, actor, act, token, purpose, ticket, detail, erased_by FROM cameleon.acts ";
  private static final int ROWS_AT_A_TIME = 1000;

  private AuditRows() {}

  /** Reads the newest {@code count} rows. */
  public static void last(Connection connection, int count, Consumer<Row> reader)
      throws SQLException {
    read(
        connection,
        "SELECT * FROM (" + COLUMNS + "ORDER BY seq DESC LIMIT ?) AS newest ORDER BY seq",
        count,
        reader);
  }

  /** Reads all rows from this day on, in UTC. */
  public static void since(Connection connection, LocalDate day, Consumer<Row> reader)
      throws SQLException {
    read(
        connection,
        COLUMNS + "WHERE at >= ? ORDER BY seq",
        OffsetDateTime.of(day.atStartOfDay(), ZoneOffset.UTC),
        reader);
  }

  private static void read(
      Connection connection, String sql, Object parameter, Consumer<Row> reader)
      throws SQLException {
    connection.setAutoCommit(false); // or the driver fetches all rows at once
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setFetchSize(ROWS_AT_A_TIME);
      statement.setObject(1, parameter);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          reader.accept(
              new Row(
                  row.getLong(1),
                  row.getObject(2, OffsetDateTime.class).toInstant(),
                  row.getString(3),
                  new Audit.Act(
                      row.getString(4),
                      row.getString(5),
                      row.getString(6),
                      row.getString(7),
                      row.getString(8)),
                  Optional.ofNullable(row.getObject(9, Long.class))));
        }
      }
    } finally {
      connection.rollback();
    }
  }
}
