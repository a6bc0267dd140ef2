package dev.cameleon.db;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/**
 * Detects a pooler that may run each transaction of a connection in another session of the server.
 * A loader's settings (mask key, durable commits, time-outs) would then get lost, or apply to
 * somebody else.
 */
public final class SharedSessions {
  /** Includes the start time, because the same process id may occur on another server. */
  private static final String SESSION =
      "SELECT pid || ' ' || backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()";

  /** A busy pool may hand out the same session by chance. */
  private static final int ROUNDS = 3;

  private SharedSessions() {}

  /**
   * Returns the problem with the remedy, if two connections shared a session.
   *
   * @param connection a connection outside a transaction
   * @param login opens the second one
   * @throws SQLException if the database does not answer
   */
  public static Optional<String> problem(Connection connection, Database.Login login)
      throws SQLException {
    String own = session(connection);
    try (Connection second = Database.connect(login)) {
      second.setAutoCommit(false); // a pooler reserves a session for the length of a transaction
      for (int i = 0; i < ROUNDS; i++) {
        boolean shared = session(second).equals(own) || !session(connection).equals(own);
        second.rollback();
        if (shared) {
          return Optional.of(
              "a pooler before the database changes the session between transactions, so the"
                  + " loader's settings do not hold, and rows of deleted messages could be lost;"
                  + " set pool_mode=session there, or connect to the server itself");
        }
      }
    }
    return Optional.empty();
  }

  private static String session(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(SESSION)) {
      row.next();
      return row.getString(1);
    }
  }
}
