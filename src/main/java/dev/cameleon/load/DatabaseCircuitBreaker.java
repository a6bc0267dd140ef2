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
 * Judges failures of the database for the load route, and keeps the {@link ReceiveGate} closed
 * while it does not take rows. Nothing is dead-lettered for the database's fault.
 *
 * <p>Some failures may be the fault of a row or of the whole database, and no SQLSTATE tells which
 * ({@link SqlErrors#mayBeRows}). At first they count as the database's. If it answers the probe and
 * the batch fails in the same way again, the batch is split like a refused one, and a row that
 * fails alone goes back to the queue. Batches that fail in this way within a minute are split at
 * once: one odd row in each must not stop receiving again and again.
 */
public final class DatabaseCircuitBreaker {
  private static final Logger LOG = LoggerFactory.getLogger(DatabaseCircuitBreaker.class);
  private static final int CONFLICT_RETRIES = 4;
  private static final long LOOK_MILLIS = 250;

  /** A server that is slow to let one in, but loads, is left to work for those who are in. */
  private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Longer than a row that went back alone stays away: it is not on the queue any more. */
  private static final long GONE_NANOS = TimeUnit.MINUTES.toNanos(10);

  /** As long as an answer is waited for: the socket's time-out, which a write has not. */
  private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** For how long a failure counts as the rows' after the probe showed that it is. */
  private static final long KNOWN_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final ReceiveGate gate;
  private final long limitNanos;
  private final Acknowledger acknowledger;
  private final LoaderPool pool;
  private final DatabaseProbe probe;
  private final SqlErrors failures = new SqlErrors();

  /** When the last probe began that succeeded, by {@link System#nanoTime}. */
  private long answeredNanos = System.nanoTime();

  /** When the server was first found silent, by {@link System#nanoTime}; 0 while it is not. */
  private long silentSinceNanos;

  private volatile long loadedNanos = System.nanoTime();

  /** When new rows were last committed, by {@link System#nanoTime}. */
  private volatile long passedNanos = System.nanoTime();

  /** When a row last went back alone, by {@link System#nanoTime}. */
  private volatile long aloneNanos = System.nanoTime();

  /** SQLSTATEs that were found to be the rows' fault, and when, by {@link System#nanoTime}. */
  private final Map<String, Long> known = new ConcurrentHashMap<>();

  private final WarningLimit aloneWarnings = new WarningLimit();

  /** Batches that are being retried now: only their success is proof while there are any. */
  private final Set<Batch> held = ConcurrentHashMap.newKeySet();

  /**
   * Makes one.
   *
   * @param pool the loaders' connections, given up while the server is silent
   * @param probe asks whether the database takes rows
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
   * Whether this is a failure of loading a batch, not of a step of someone's own: one that is
   * committed must not be loaded again, nor one that was split.
   */
  public boolean isLoading(Exchange exchange) {
    Batch batch = batch(exchange);
    return batch != null && !batch.isPassedOn() && CommitHandler.committed(exchange).isEmpty();
  }

  /** Whether a row may be the cause, so that the batch must be split until it stands alone. */
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
   * Whether the database is known to take rows although this batch fails: it answered the probe
   * after the same failure of this batch, or of another one lately. For a row alone, which goes
   * back, that must be newer than its failure: if nothing else is, others were committed since.
   */
  private boolean isRows(Batch batch, String state, long nanos) {
    Long since = known.get(state);
    boolean isKnown = since != null && nanos - since < KNOWN_NANOS;
    return batch.isSuspectedOf(state) || (isKnown && (!batch.isSingle() || othersPassed(batch)));
  }

  /** Whether rows were committed since this batch, or the one that it is a part of, failed. */
  private boolean othersPassed(Batch batch) {
    return batch.failedBefore(passedNanos);
  }

  /** Whether PostgreSQL refused a row, which is then a dead letter. */
  public boolean isRefusal(Exchange exchange) {
    return failures.isRefusal(caught(exchange));
  }

  /**
   * Whether to run the statement again. Waits until the database answers, for as long as the batch
   * may be kept in flight.
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
    // A probe that began before may have been answered before the database failed.
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

  /** The database took a batch. */
  void over(Batch batch) {
    loadedNanos = System.nanoTime();
    giveUp(batch);
    gate.open(ReceiveGate.Hold.DATABASE);
  }

  /** A row of this batch is at fault, or so it seems, and the batch is split. */
  public void split(Exchange exchange) {
    Batch batch = batch(exchange);
    Throwable failure = caught(exchange);
    long nanos = System.nanoTime();
    loadedNanos = nanos;
    batch.failed(nanos);
    String state = SqlErrors.state(failure);
    if (failures.mayBeRows(failure) && batch.isSuspectedOf(state)) {
      known.put(state, nanos);
    }
    synchronized (this) {
      // One that waited for the database has its answer; others may still wait for theirs.
      if (held.remove(batch) && held.isEmpty()) {
        gate.open(ReceiveGate.Hold.DATABASE);
      }
    }
  }

  /** New rows were committed: whatever else fails, not every row does. */
  void rowsPassed() {
    passedNanos = System.nanoTime();
    gate.open(ReceiveGate.Hold.ROWS);
  }

  /**
   * Returns a row to the source queue that failed alone: whether it is the row's fault or the
   * table's, a person must find out. Until another row is committed it may be that none can be, so
   * receiving slows, and a row that comes back stays away for long: the queue's redrive must not
   * take good ones.
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

  /** Returns a batch to the source queue. */
  public void returnToQueue(Exchange exchange) {
    Batch batch = batch(exchange);
    giveUp(batch);
    batch.passOn();
    acknowledger.returned(batch.deliveries());
  }

  /** A batch is no longer retried, for whatever reason. */
  void giveUp(Batch batch) {
    held.remove(batch);
  }

  /** The dead letter of the one row that PostgreSQL refuses. */
  public DeadLetter refused(Exchange exchange) {
    Throwable failure = caught(exchange);
    Delivery delivery = batch(exchange).deliveries().get(0);
    return Rejections.refused(delivery, SqlErrors.state(failure), SqlErrors.describe(failure));
  }

  /** The dead-letter route has it, and decides the outcome. */
  public void passedOn(Batch batch) {
    giveUp(batch);
    batch.passOn();
  }

  /**
   * Finds out whether the database takes rows. While batches are held, one of them must succeed
   * before receiving resumes.
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
          // What was sent before the silence may never be answered.
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
    } catch (SQLException | RuntimeException e) { // one of a Password, say, is silence too
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

  /** Loaders that wait for a silent server are to wait for its return instead. */
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
