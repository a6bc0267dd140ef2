package dev.cameleon.privacy;

import dev.cameleon.db.SqlErrors;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;

/** Retries a transaction that lost to a lock, a deadlock or a concurrent insert. */
final class LockRetry {
  /**
   * Decides after a failure whether to try again, and waits before the next attempt.
   *
   * @param <X> the exception that may end the wait
   */
  @FunctionalInterface
  interface Again<X extends Exception> {
    /**
     * Whether to try again.
     *
     * @param attempt how many attempts have failed
     * @param state the SQLSTATE of the last failure
     */
    boolean after(int attempt, String state) throws X;
  }

  /** lock_not_available: after the session's lock_timeout. */
  static final String LOCKED = "55P03";

  private static final String DEADLOCK = "40P01";
  private static final String SERIALIZATION = "40001";

  /** unique_violation: a loader wrote the same token a moment before. */
  private static final String EXISTS = "23505";

  private static final Set<String> PASSING = Set.of(LOCKED, DEADLOCK, SERIALIZATION, EXISTS);

  /** The pause between two attempts, in which other sessions can proceed. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /**
   * The first attempts are short, because other sessions queue behind a session that waits for a
   * lock.
   */
  private static final int FIRST_LOCK_MILLIS = 200;

  /** Up to 3.2 s, because PostgreSQL cancels an autovacuum that has blocked a lock for 1 s. */
  private static final int DOUBLINGS = 4;

  private LockRetry() {}

  /**
   * Runs a transaction until it succeeds or {@code again} gives up.
   *
   * @throws JdbiException the last failure
   */
  static <T, X extends Exception> T of(Supplier<T> transaction, Again<X> again) throws X {
    for (int attempt = 1; ; attempt++) {
      try {
        return transaction.get();
      } catch (JdbiException e) {
        if (!again.after(attempt, SqlErrors.state(e))) {
          throw e;
        }
      }
    }
  }

  /**
   * Runs a transaction until it succeeds or the time is up; each attempt waits longer for locks.
   *
   * @param patience how long to retry
   * @throws JdbiException the last failure
   */
  static <T> T of(Handle db, Duration patience, Supplier<T> transaction) {
    long endNanos = System.nanoTime() + patience.toNanos();
    limitLocks(db, 0);
    return of(
        transaction,
        (attempt, state) -> {
          if (!PASSING.contains(state) || System.nanoTime() - endNanos > 0) {
            return false;
          }
          LockSupport.parkNanos(PAUSE_NANOS);
          limitLocks(db, attempt);
          return true;
        });
  }

  private static void limitLocks(Handle db, int failed) {
    db.execute("SET lock_timeout = " + (FIRST_LOCK_MILLIS << Math.min(failed, DOUBLINGS)));
  }
}
