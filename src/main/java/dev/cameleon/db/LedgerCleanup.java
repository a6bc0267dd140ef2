package dev.cameleon.db;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Deletes message ids from {@code cameleon.ingested_message} once SQS cannot deliver the messages
 * any more. SQS keeps a message for 14 days at most.
 */
public final class LedgerCleanup {
  /** Rows per transaction: few, for short locks and little repeated work if the process dies. */
  private static final int ROWS_PER_DELETE = 10_000;

  private static final String DELETE =
      "DELETE FROM cameleon.ingested_message WHERE ctid = ANY (ARRAY("
          + "SELECT ctid FROM cameleon.ingested_message"
          + " WHERE pipeline = ? AND ingested_at < (now() AT TIME ZONE 'UTC')::date - ? LIMIT "
          + ROWS_PER_DELETE
          + "))";

  private LedgerCleanup() {}

  /**
   * Deletes a pipeline's entries that are older than {@code days}. Does nothing while another
   * process does the same.
   *
   * @return how many entries were deleted
   * @throws java.sql.SQLException if the database fails; batches that are already deleted stay
   *     deleted
   */
  public static long deleteOld(Database.Login login, String pipeline, int days)
      throws SQLException {
    try (Connection connection = Database.connect(login)) {
      if (!AdvisoryLock.LEDGER.take(connection)) {
        return 0;
      }
      try (PreparedStatement delete = connection.prepareStatement(DELETE)) {
        delete.setString(1, pipeline);
        delete.setInt(2, days);
        long deleted = 0;
        int rows;
        do {
          rows = delete.executeUpdate();
          deleted += rows;
        } while (rows == ROWS_PER_DELETE);
        return deleted;
      }
    }
  }
}
