package dev.cameleon.load;

import dev.cameleon.settle.Acknowledger;
import dev.cameleon.settle.DeadLetter;
import dev.cameleon.settle.Delivery;
import dev.cameleon.settle.Gate;
import dev.cameleon.settle.Rejects;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges failures of the database for the load route, and keeps the {@link Gate} closed while it
 * does not take rows. Nothing is dead-lettered for the database's fault.
 *
 * <p>Some failures may be the fault of a row or of the whole database, and no SQLSTATE tells which
 * ({@link SqlFailures#mayBeRows}). At first they count as the database's. If it answers the probe
 * and the batch fails in the same way again, the batch is split like a refused one, and a row that
 * fails alone goes back to the queue.
 */
public final class Outage {
  private static final Logger LOG = LoggerFactory.getLogger(Outage.class);
  private static final int CONFLICT_RETRIES = 4;
  private static final long LOOK_MILLIS = 250;

  /** A server that is slow to let one in, but loads, is left to work for those who are in. */
  private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Longer than a row that went back alone stays away: it is not on the queue any more. */
  private static final long GONE_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final Gate gate;
  private final long limitNanos;
  private final Acknowledger acknowledger;
  private final LoaderPool pool;
  private final Probe probe;
  private final SqlFailures failures = new SqlFailures();

  /** When the last probe began that succeeded, by {@link System#nanoTime}. */
  private long answeredNanos = System.nanoTime();

  /** When the server was first found silent, by {@link System#nanoTime}; 0 while it is not. */
  private long silentSinceNanos;

  private volatile long loadedNanos = System.nanoTime();

  /** When new rows were last committed, by {@link System#nanoTime}. */
  private volatile long passedNanos = System.nanoTime();

  /** When a row last went back alone, by {@link System#nanoTime}. */
  private volatile long aloneNanos = System.nanoTime();

  /** Batches that are being retried now: only their success is proof while there are any. */
  private final Set<Batch> held = ConcurrentHashMap.newKeySet();

  /**
   * Makes one.
   *
   * @param pool the loaders' connections, given up while the server is silent
   * @param probe asks whether the database takes rows
   * @param limitNanos the longest that a message is kept in hand
   */
  public Outage(
      Gate gate, Acknowledger acknowledger, LoaderPool pool, Probe probe, long limitNanos) {
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
    return batch != null && !batch.isPassedOn() && Loaded.committed(exchange).isEmpty();
  }

  /** Whether a row may be the cause, so that the batch must be split until it stands alone. */
  public boolean mustSplit(Exchange exchange) {
    if (!isLoading(exchange)) {
      return false;
    }
    Throwable failure = caught(exchange);
    boolean again = batch(exchange).isSuspectedOf(SqlFailures.state(failure));
    return failures.isRefusal(failure) || (again && failures.mayBeRows(failure));
  }

  /** Whether PostgreSQL refused a row, which is then a dead letter. */
  public boolean isRefusal(Exchange exchange) {
    return failures.isRefusal(caught(exchange));
  }

  /**
   * Whether to run the statement again. Waits until the database answers, for as long as the batch
   * may be kept in hand.
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
      gate.close(Gate.Hold.DATABASE, SqlFailures.describe(failure));
    }
    return awaitAnswer(batch, SqlFailures.state(failure));
  }

  private synchronized boolean awaitAnswer(Batch batch, String sqlState)
      throws InterruptedException {
    long failedNanos = System.nanoTime();
    // A probe that began before may have been answered before the database failed.
    while (answeredNanos - failedNanos < 0 && mayBeKept(batch)) {
      wait(LOOK_MILLIS);
    }
    batch.suspect(sqlState, failedNanos);
    batch.begin();
    return mayBeKept(batch);
  }

  private boolean mayBeKept(Batch batch) {
    return !gate.isStopping()
        && batch.deliveries().stream().noneMatch(delivery -> delivery.isOverdue(limitNanos));
  }

  /** The database took a batch, or it answers and a row of the batch may be at fault. */
  public void over(Batch batch) {
    loadedNanos = System.nanoTime();
    held.remove(batch);
    gate.open(Gate.Hold.DATABASE);
  }

  /** New rows were committed: whatever else fails, not every row does. */
  void rowsPassed() {
    passedNanos = System.nanoTime();
    gate.open(Gate.Hold.ROWS);
  }

  /**
   * Gives a row back to the source queue that failed alone: whether it is the row's fault or the
   * table's, a person must find out. Until another row is committed it may be that none can be, so
   * receiving slows, and a row that comes back stays away for long: the queue's redrive must not
   * take good ones.
   */
  public void giveBackAlone(Exchange exchange) {
    Batch batch = batch(exchange);
    aloneNanos = System.nanoTime();
    gate.close(
        Gate.Hold.ROWS,
        "rows fail when they are loaded alone, while an empty batch does not: "
            + SqlFailures.describe(caught(exchange)));
    batch.passOn();
    acknowledger.postponed(batch.deliveries(), passedNanos - batch.suspectedNanos() > 0);
  }

  /** Gives a batch back to the source queue. */
  public void giveBack(Exchange exchange) {
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
    return Rejects.refused(delivery, SqlFailures.state(failure), SqlFailures.describe(failure));
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
          gate.open(Gate.Hold.DATABASE);
        }
        if (beganNanos - aloneNanos > GONE_NANOS) {
          gate.open(Gate.Hold.ROWS);
        }
      }
    } catch (SQLException | RuntimeException e) { // one of a Password, say, is silence too
      gate.close(Gate.Hold.DATABASE, SqlFailures.describe(e));
      LOG.debug("The database does not take rows: {}", SqlFailures.describe(e));
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
