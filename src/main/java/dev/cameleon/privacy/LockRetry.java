package dev.cameleon.privacy;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Retries a transaction that lost to a lock, a deadlock or a concurrent insert. */
final class LockRetry {
  private static final String LOCKED = "55P03";
  private static final String DEADLOCK = "40P01";
  private static final String SERIALIZATION = "40001";

  /** unique_violation: a loader wrote the same token a moment before. */
  private static final String EXISTS = "23505";

  private static final Set<String> PASSING = Set.of(LOCKED, DEADLOCK, SERIALIZATION, EXISTS);

  /** The pause between two attempts, in which other sessions go on. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** A single transaction, so that it can be retried when it fails. */
  @FunctionalInterface
  interface Work<T> {
    /** Runs the transaction. */
    T run() throws SQLException;
  }

  /**
   * The first attempts are short, because other sessions queue behind one that waits for a lock.
   */
  private static final int FIRST_LOCK_MILLIS = 200;

  /** Longer than 1 s, after which PostgreSQL cancels an autovacuum that blocks a lock. */
  private static final int LONGEST_LOCK_MILLIS = 3_200;

  private final long patienceNanos;

  /**
   * Retries for a limited time.
   *
   * @param patience how long to retry
   */
  LockRetry(Duration patience) {
    this.patienceNanos = patience.toNanos();
  }

  /**
   * Runs the transaction until it succeeds or the time is over.
   *
   * @throws SQLException the last failure
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
