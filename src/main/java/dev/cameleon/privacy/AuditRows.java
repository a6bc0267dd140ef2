package dev.cameleon.privacy;

import java.sql.Connection;
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
   * @param act the action with its subject, reason and further facts
   * @param erasedBy the number of the action that erased this row's token; empty if none did
   */
  public record Row(long seq, Instant at, String actor, Audit.Act act, Optional<Long> erasedBy) {
    static Row of(ResultSet row) throws SQLException {
      return new Row(
          row.getLong("seq"),
          row.getObject("at", OffsetDateTime.class).toInstant(),
          row.getString("actor"),
          new Audit.Act(
              row.getString("act"),
              row.getString("token"),
              row.getString("purpose"),
              row.getString("ticket"),
              row.getString("detail")),
          Optional.ofNullable(row.getObject("erased_by", Long.class)));
    }
  }

  private static final int ROWS_AT_A_TIME = 1000;

  private AuditRows() {}

  /** Reads the newest {@code count} rows. */
  public static void last(Connection connection, int count, Consumer<Row> reader)
      throws SQLException {
    String newest = "SELECT * FROM (SELECT * FROM cameleon.acts ORDER BY seq DESC LIMIT ?) newest";
    read(connection, newest, count, reader);
  }

  /** Reads all rows since this day (UTC). */
  public static void since(Connection connection, LocalDate day, Consumer<Row> reader)
      throws SQLException {
    OffsetDateTime from = day.atStartOfDay().atOffset(ZoneOffset.UTC);
    read(connection, "SELECT * FROM cameleon.acts WHERE at >= ?", from, reader);
  }

  private static void read(
      Connection connection, String sql, Object parameter, Consumer<Row> reader)
      throws SQLException {
    Sql.call(
        () ->
            Sql.on(connection) // in a transaction, or the driver fetches all rows at once
                .inTransaction(
                    db -> {
                      db.select(sql + " ORDER BY seq", parameter)
                          .setFetchSize(ROWS_AT_A_TIME)
                          .map((row, context) -> Row.of(row))
                          .forEach(reader);
                      return null;
                    }));
  }
}
