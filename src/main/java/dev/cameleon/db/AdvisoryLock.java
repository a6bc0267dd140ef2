package dev.cameleon.db;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A lock that one session at a time can hold. A row that only our roles may read, lock and change
 * names the holder's session and an advisory lock; it is valid while that session holds the
 * advisory lock, which always ends with the session. The lock's number is random each time, so that
 * no other login can take it in advance; taking it afterwards is useless, because the row names the
 * login, too.
 */
public enum AdvisoryLock {
  /** The cleanup of the ledger. */
  LEDGER("cameleon.ledger_lock"),
  /** Erasure, pruning and retokenization. */
  LOGINS("cameleon.rows_lock");

  private static final String HAS_IT =
      " FROM %s t JOIN pg_locks l ON l.pid = t.pid JOIN pg_stat_activity a"
          + " ON a.pid = t.pid AND a.usename = t.login"
          + " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
          + " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
          + " AND (l.classid::bigint << 32 | l.objid::bigint) = t.lock"
          + " AND t.pid <> pg_backend_pid()";

  /** A command may directly follow another whose end the server has not noticed yet. */
  private static final long ENDING_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final String table;

  AdvisoryLock(String table) {
    this.table = table;
  }

  /**
   * Takes the lock; it is released when the connection ends.
   *
   * @param connection with auto-commit on
   * @return whether it was free, or became free within a second
   */
  public boolean take(Connection connection) throws SQLException {
    long beganNanos = System.nanoTime();
    while (!takeIfFree(connection)) {
      if (System.nanoTime() - beganNanos > ENDING_NANOS) {
        return false;
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
    return true;
  }

  private boolean takeIfFree(Connection connection) throws SQLException {
    // After waiting for the row, this session must see what was committed meanwhile, whatever the
    // server's default isolation level.
    connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SELECT FROM " + table + " FOR UPDATE");
      if (!holder(connection).isEmpty()) {
        return false;
      }
      // A UUID has six fixed bits; these are the other 58 bits of its first half.
      statement.execute(
          "UPDATE "
              + table
              + " SET pid = pg_backend_pid(), login = session_user, since = clock_timestamp(), lock ="
              + " ('x' || left(replace(gen_random_uuid()::text, '-', ''), 16))::bit(64)::bigint"
              + " RETURNING pg_advisory_lock(lock)");
      connection.commit();
      return true;
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  /** The holder of the lock, in words for an operator. */
  public String holder(Database.Login login) throws SQLException {
    try (Connection connection = Database.connect(login)) {
      String holder = holder(connection);
      return holder.isEmpty() ? "a session that has just ended" : holder;
    }
  }

  /** The other session that holds the lock; empty if it is free or held by this session. */
  private String holder(Connection connection) throws SQLException {
    try (PreparedStatement statement =
            connection.prepareStatement(
                "SELECT t.pid, t.login, t.since::timestamptz(0)::text" + HAS_IT.formatted(table));
        ResultSet row = statement.executeQuery()) {
      return row.next()
          ? LockHolders.session(row.getInt(1), row.getString(2), row.getString(3))
          : "";
    }
  }
}
