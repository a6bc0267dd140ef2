package dev.cameleon.privacy;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Does again what others were in the way of, since they go on while it is done. */
final class LockRetry {
  private static final String LOCKED = "55P03";
  private static final String DEADLOCK = "40P01";
  private static final String SERIALIZATION = "40001";

  /** A loader wrote the same token a moment before. */
  private static final String EXISTS = "23505";

  private static final Set<String> PASSING = Set.of(LOCKED, DEADLOCK, SERIALIZATION, EXISTS);

  /** How long others are given to go on between two attempts. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Work that may be done again if it fails, since it is one transaction. */
  @FunctionalInterface
  interface Work<T> {
    /** Does it. */
    T run() throws SQLException;
  }

  /** Others wait behind one who waits for a lock, so that the first attempts are short. */
  private static final int FIRST_LOCK_MILLIS = 200;

  /** PostgreSQL stops an autovacuum for one who waits for its lock longer than 1 s. */
  private static final int LONGEST_LOCK_MILLIS = 3_200;

  private final long patienceNanos;

  /**
   * Makes it.
   *
   * @param patience after which it is given up
   */
  LockRetry(Duration patience) {
    this.patienceNanos = patience.toNanos();
  }

  /**
   * Does the work, again and again if others are in the way.
   *
   * @throws SQLException the work's last failure
   */
  <T> T of(Connection connection, Work<T> work) throws SQLException {
    long beganNanos = System.nanoTime();
    int lockMillis = FIRST_LOCK_MILLIS;
    while (true) {
      try {
        limitLocks(connection, lockMillis);
        return work.run();
      } catch (SQLException e) {
        if (!PASSING.contains(String.valueOf(e.getSQLState()))
            || connection.isClosed()
            || System.nanoTime() - beganNanos > patienceNanos) {
          throw e;
        }
      }
      lockMillis = Math.min(2 * lockMillis, LONGEST_LOCK_MILLIS);
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private static void limitLocks(Connection connection, int millis) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET lock_timeout = " + millis);
    }
  }
}
