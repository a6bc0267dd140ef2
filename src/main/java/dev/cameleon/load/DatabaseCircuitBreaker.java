package dev.cameleon.load;

import dev.cameleon.db.LoaderPool;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.dlq.DeadLetter;
import dev.cameleon.dlq.Rejections;
import dev.cameleon.sqs.Acknowledger;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.sqs.WarningLimit;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges database failures for the load route, and keeps the {@link ReceiveGate} closed while the
 * database does not accept rows. No message is dead-lettered for a failure of the database.
 *
 * <p>Some failures may come from one row or from the whole database, and no SQLSTATE tells which
 * ({@link SqlErrors#mayBeRows}). At first they count as the database's. If the database answers the
 * probe and the batch fails in the same way again, the batch is split like a refused one, and a row
 * that fails alone is returned to the queue. For a minute, batches that fail in this way are then
 * split at once: one odd row in each batch must not stop receiving again and again.
 */
public final class DatabaseCircuitBreaker {
  private static final Logger LOG = LoggerFactory.getLogger(DatabaseCircuitBreaker.class);
  private static final int CONFLICT_RETRIES = 4;
  private static final long LOOK_MILLIS = 250;

  /**
   * A server that commits batches but is slow to accept a connection is not silent: its connections
   * are kept.
   */
  private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(2);

  /**
   * Longer than the delay of a row that was returned alone: after this time it is no longer on the
   * queue.
   */
  private static final long GONE_NANOS = TimeUnit.MINUTES.toNanos(10);

  /** As long as the socket's read time-out, because a write has none. */
  private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** For how long a SQLSTATE counts as the rows' fault after the probe succeeded. */
  private static final long KNOWN_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final ReceiveGate gate;
  private final long limitNanos;
  private final Acknowledger acknowledger;
  private final LoaderPool pool;
  private final DatabaseProbe probe;
  private final SqlErrors failures = new SqlErrors();

  /** When the last successful probe began, by {@link System#nanoTime}. */
  private long answeredNanos = System.nanoTime();

  /** When the server first did not answer, by {@link System#nanoTime}; 0 while it answers. */
  private long silentSinceNanos;

  private volatile long loadedNanos = System.nanoTime();

  /** When new rows were last committed, by {@link System#nanoTime}. */
  private volatile long passedNanos = System.nanoTime();

  /** When a row was last returned alone, by {@link System#nanoTime}. */
  private volatile long aloneNanos = System.nanoTime();

  /** SQLSTATEs that turned out to be the rows' fault, and when, by {@link System#nanoTime}. */
  private final Map<String, Long> known = new ConcurrentHashMap<>();

  private final WarningLimit aloneWarnings = new WarningLimit();

  /**
   * Batches being retried: while there are any, only the success of one of them reopens the gate.
   */
  private final Set<Batch> held = ConcurrentHashMap.newKeySet();

  /**
   * Starts closed: the database is taken to work.
   *
   * @param pool the loaders' connections, dropped while the server is silent
   * @param probe tests whether the database accepts rows
   * @param limitNanos the longest that a message is kept in flight
   */
  public DatabaseCircuitBreaker(
      ReceiveGate gate,
      Acknowledger acknowledger,
      LoaderPool pool,
      DatabaseProbe probe,
      long limitNanos) {
    this.pool = pool;
    this.probe = probe;
    this.gate = gate;
    this.limitNanos = limitNanos;
    this.acknowledger = acknowledger;
  }

  /**
   * Whether loading failed, as opposed to a step that an operator added. A batch that is committed
   * must not be loaded again, nor one that was split.
   */
  public boolean isLoading(Exchange exchange) {
    Batch batch = batch(exchange);
    return batch != null && !batch.isPassedOn() && CommitHandler.committed(exchange).isEmpty();
  }

  /** Whether a row may be the cause, so that the batch must be split until that row is alone. */
  public boolean mustSplit(Exchange exchange) {
    if (!isLoading(exchange)) {
      return false;
    }
    Throwable failure = caught(exchange);
    return failures.isRefusal(failure)
        || (failures.mayBeRows(failure)
            && isRows(batch(exchange), SqlErrors.state(failure), System.nanoTime()));
  }

  /**
   * Whether the database is known to accept rows although this batch fails: the probe succeeded
   * after the same failure of this batch, or of another one within a minute. A row that is alone is
   * returned, so for it the probe must be newer than its failure, or it is a half and other rows
   * were committed since the whole failed.
   */
  private boolean isRows(Batch batch, String state, long nanos) {
    Long since = known.get(state);
    boolean isKnown = since != null && nanos - since < KNOWN_NANOS;
    return batch.isSuspectedOf(state)
        || (isKnown && (!batch.isSingle() || (batch.isHalf() && othersPassed(batch))));
  }

  /**
   * Whether other rows were committed since this batch, or the one that it is a half of, failed.
   */
  private boolean othersPassed(Batch batch) {
    return batch.failedBefore(passedNanos);
  }

  /** Whether PostgreSQL refused a single row, which becomes a dead letter. */
  public boolean isRefusal(Exchange exchange) {
    return failures.isRefusal(caught(exchange));
  }

  /**
   * Whether to run the statement again. Waits until the database answers, for at most the time that
   * the batch may stay in flight.
   */
  public boolean retry(Exchange exchange) throws InterruptedException {
    Throwable failure = caught(exchange);
    Batch batch = batch(exchange);
    int attempt = exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 0, Integer.class);
    if (failures.isConflict(failure) && attempt < CONFLICT_RETRIES) {
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
    batch.suspect(sqlState);
    batch.failed(failedNanos);
    batch.begin();
    return mayBeKept(batch);
  }

  private boolean mayBeKept(Batch batch) {
    return !gate.isStopping()
        && batch.deliveries().stream().noneMatch(delivery -> delivery.isOverdue(limitNanos));
  }

  /** Records a success: the database accepted a batch. */
  void over(Batch batch) {
    loadedNanos = System.nanoTime();
    giveUp(batch);
    gate.open(ReceiveGate.Hold.DATABASE);
  }

  /** Records that the batch is split, because one of its rows seems to be at fault. */
  public void split(Exchange exchange) {
    Batch batch = batch(exchange);
    Throwable failure = caught(exchange);
    long nanos = System.nanoTime();
    loadedNanos = nanos;
    String state = SqlErrors.state(failure);
    if (failures.mayBeRows(failure) && batch.isSuspectedOf(state)) {
      known.put(state, nanos);
    } else if (!batch.isHalf()) {
      batch.failed(nanos); // a failure from before an outage, say, is no measure of this one
    }
    synchronized (this) {
      // This batch waited for the database and got its answer; others may still wait.
      if (held.remove(batch) && held.isEmpty()) {
        gate.open(ReceiveGate.Hold.DATABASE);
      }
    }
  }

  /** Records that new rows were committed, so that not every row fails. */
  void rowsPassed() {
    passedNanos = System.nanoTime();
    gate.open(ReceiveGate.Hold.ROWS);
  }

  /**
   * Returns a row that failed alone to the source queue: a person must find out whether the row or
   * the table is at fault. Until another row is committed, possibly none can be. So receiving
   * slows, and a row that comes back is returned with a long delay: the queue's redrive must not
   * take good rows.
   */
  public void returnAlone(Exchange exchange) {
    Batch batch = batch(exchange);
    String failure = SqlErrors.describe(caught(exchange));
    boolean others = othersPassed(batch);
    if (others) {
      long count = aloneWarnings.add(1);
      if (count > 0) {
        LOG.warn(
            "Some rows fail even when loaded alone, while other rows load. They return"
                + " to the queue, each time with a longer delay: {}. count={} first={}",
            failure,
            count,
            batch.deliveries().get(0).messageId());
      }
    } else {
      aloneNanos = System.nanoTime();
      gate.close(
          ReceiveGate.Hold.ROWS,
          "rows fail even when loaded alone, although an empty batch loads: " + failure);
    }
    batch.passOn();
    acknowledger.postponed(batch.deliveries(), others);
  }

  /** Returns the messages of a batch to the source queue. */
  public void returnToQueue(Exchange exchange) {
    Batch batch = batch(exchange);
    giveUp(batch);
    batch.passOn();
    acknowledger.returned(batch.deliveries());
  }

  /** Records that a batch is no longer retried, for whatever reason. */
  void giveUp(Batch batch) {
    held.remove(batch);
  }

  /** The dead letter of the single row that PostgreSQL refuses. */
  public DeadLetter refused(Exchange exchange) {
    Throwable failure = caught(exchange);
    Delivery delivery = batch(exchange).deliveries().get(0);
    return Rejections.refused(delivery, SqlErrors.state(failure), SqlErrors.describe(failure));
  }

  /** Records that the dead-letter route decides this batch's outcome. */
  public void passedOn(Batch batch) {
    giveUp(batch);
    batch.passOn();
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
        if (beganNanos - aloneNanos > GONE_NANOS) {
          gate.open(ReceiveGate.Hold.ROWS);
        }
      }
    } catch (SQLException
        | RuntimeException e) { // a RuntimeException too, for example from reading the password
      gate.close(ReceiveGate.Hold.DATABASE, SqlErrors.describe(e));
      known.clear();
      LOG.debug("The database probe failed: {}", SqlErrors.describe(e));
      noteSilence(e);
      if (failures.isSilence(e) && System.nanoTime() - loadedNanos > PROGRESS_NANOS) {
        abandonConnections(System.nanoTime());
      }
    }
  }

  private synchronized void noteSilence(Throwable failure) {
    if (silentSinceNanos == 0 && failures.isSilence(failure)) {
      silentSinceNanos = System.nanoTime();
    }
  }

  /** Drops connections to a silent server, so that loaders wait for its return instead. */
  private void abandonConnections(long openedBeforeNanos) {
    pool.abandon(openedBeforeNanos);
  }

  private static Throwable caught(Exchange exchange) {
    return exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
  }

  private static Batch batch(Exchange exchange) {
    return exchange.getVariable("batch", Batch.class);
  }
}
