package dev.cameleon.load;

import dev.cameleon.db.LoaderPool;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.sqs.ReceiveGate;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Retries batches while the database does not accept rows, and keeps the {@link ReceiveGate} closed
 * meanwhile. Failures of single rows are handled by {@link RowFailures}.
 */
public final class DatabaseCircuitBreaker {
  private static final Logger LOG = LoggerFactory.getLogger(DatabaseCircuitBreaker.class);
  private static final int CONFLICT_RETRIES = 4;
  private static final long LOOK_MILLIS = 250;

  /**
   * A server that has committed a batch within this time is not silent, even if it is slow to
   * accept a connection; its connections are kept.
   */
  private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** As long as the socket's read time-out, because a write has none. */
  private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final ReceiveGate gate;
  private final long limitNanos;
  private final LoaderPool pool;
  private final DatabaseProbe probe;
  private final RowFailures rows;
  private final SqlErrors errors = new SqlErrors();

  /** When the last successful probe began, by {@link System#nanoTime}. */
  private long answeredNanos = System.nanoTime();

  /** When the server stopped answering, by {@link System#nanoTime}; 0 while it answers. */
  private long silentSinceNanos;

  private volatile long loadedNanos = System.nanoTime();

  /**
   * Batches that are being retried: while there are any, only the success of one of them reopens
   * the gate.
   */
  private final Set<Batch> held = ConcurrentHashMap.newKeySet();

  /**
   * Starts closed: the database is assumed to work.
   *
   * @param pool the loaders' connections, which are dropped when the server is silent
   * @param probe tests whether the database accepts rows
   * @param rows tells failures of single rows from failures of the database
   * @param limitNanos the longest that a message is kept in flight
   */
  public DatabaseCircuitBreaker(
      ReceiveGate gate, LoaderPool pool, DatabaseProbe probe, RowFailures rows, long limitNanos) {
    this.gate = gate;
    this.pool = pool;
    this.probe = probe;
    this.rows = rows;
    this.limitNanos = limitNanos;
  }

  /**
   * Whether to run the statement again. Waits until the database answers, for at most the time that
   * the batch may stay in flight. Returns false if one of the rows is at fault.
   */
  public boolean retry(Exchange exchange) throws InterruptedException {
    Throwable failure = FailedBatches.failure(exchange);
    Batch batch = FailedBatches.batch(exchange);
    if (rows.isRows(batch, failure)) {
      return false;
    }
    int attempt = exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 0, Integer.class);
    if (errors.isConflict(failure) && attempt < CONFLICT_RETRIES) {
      return true;
    }
    synchronized (this) {
      held.add(batch);
      noteSilence(failure);
      gate.close(ReceiveGate.Hold.DATABASE, SqlErrors.describe(failure));
    }
    return awaitAnswer(batch, SqlErrors.state(failure));
  }

  private synchronized boolean awaitAnswer(Batch batch, String sqlState)
      throws InterruptedException {
    long failedNanos = System.nanoTime();
    // A probe that began earlier may have been answered before the database failed.
    while (answeredNanos - failedNanos < 0 && mayBeKept(batch)) {
      wait(LOOK_MILLIS);
    }
    boolean again = mayBeKept(batch);
    if (again) {
      batch.suspect(sqlState);
      batch.failed(failedNanos);
      batch.begin();
    }
    return again;
  }

  private boolean mayBeKept(Batch batch) {
    return gate.mayRetry()
        && batch.deliveries().stream().noneMatch(delivery -> delivery.isOverdue(limitNanos));
  }

  /** Records that the database committed a batch. */
  void succeeded(Batch batch) {
    loadedNanos = System.nanoTime();
    giveUp(batch);
    gate.open(ReceiveGate.Hold.DATABASE);
  }

  /** Records that the database answered: it accepts rows, but not all of this batch. */
  synchronized void answered(Batch batch) {
    loadedNanos = System.nanoTime();
    // Other batches may still wait for the database.
    if (held.remove(batch) && held.isEmpty()) {
      gate.open(ReceiveGate.Hold.DATABASE);
    }
  }

  /** Records that a batch is no longer retried, for whatever reason. */
  void giveUp(Batch batch) {
    held.remove(batch);
  }

  /**
   * Tests whether the database accepts rows. While batches are being retried, one of them must
   * succeed before receiving resumes.
   */
  public void probe() {
    long beganNanos = System.nanoTime();
    int stuck = pool.abandonStuck(beganNanos - STUCK_NANOS);
    if (stuck > 0) {
      LOG.warn(
          "Replacing {} database connections that made no progress for a minute. A"
              + " firewall or proxy may drop connections silently.",
          stuck);
    }
    try {
      probe.run();
      synchronized (this) {
        if (silentSinceNanos != 0) {
          // Statements sent before the silence may never be answered.
          abandonConnections(silentSinceNanos);
          silentSinceNanos = 0;
        }
        answeredNanos = beganNanos;
        notifyAll();
        if (held.isEmpty()) {
          gate.open(ReceiveGate.Hold.DATABASE);
        }
        rows.probeSucceeded(beganNanos);
      }
    } catch (SQLException
        | RuntimeException e) { // a RuntimeException, too, for example from reading the password
      gate.close(ReceiveGate.Hold.DATABASE, SqlErrors.describe(e));
      rows.probeFailed();
      LOG.debug("The database probe failed: {}", SqlErrors.describe(e));
      noteSilence(e);
      if (errors.isSilence(e) && System.nanoTime() - loadedNanos > PROGRESS_NANOS) {
        abandonConnections(System.nanoTime());
      }
    }
  }

  private synchronized void noteSilence(Throwable failure) {
    if (silentSinceNanos == 0 && errors.isSilence(failure)) {
      silentSinceNanos = System.nanoTime();
    }
  }

  /** Drops connections to a silent server, so that loaders wait for the server's return instead. */
  private void abandonConnections(long openedBeforeNanos) {
    pool.abandon(openedBeforeNanos);
  }
}
