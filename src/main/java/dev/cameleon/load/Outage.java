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
 */
public final class Outage {
  private static final Logger LOG = LoggerFactory.getLogger(Outage.class);
  private static final int CONFLICT_RETRIES = 4;
  private static final long LOOK_MILLIS = 250;

  /** A server that is slow to let one in, but loads, is left to work for those who are in. */
  private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Gate gate;
  private final long limitNanos;
  private final Acknowledger acknowledger;
  private final LoaderPool pool;
  private final Probe probe;
  private final SqlFailures failures = new SqlFailures();

  private boolean answers = true;

  /** When the server was first found silent, by {@link System#nanoTime}; 0 while it is not. */
  private long silentSinceNanos;

  private volatile long loadedNanos = System.nanoTime();

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

  /** Whether this is a failure of loading a batch, not of a step of someone's own. */
  public boolean isLoading(Exchange exchange) {
    return batch(exchange) != null;
  }

  /** Whether PostgreSQL refused a row, so that the batch must be split. */
  public boolean isRefusal(Exchange exchange) {
    return isLoading(exchange) && failures.isRefusal(caught(exchange));
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
    return awaitAnswer(batch);
  }

  private synchronized boolean awaitAnswer(Batch batch) throws InterruptedException {
    answers = false;
    while (!answers && mayBeKept(batch)) {
      wait(LOOK_MILLIS);
    }
    batch.begin();
    return mayBeKept(batch);
  }

  private boolean mayBeKept(Batch batch) {
    return !gate.isStopping()
        && batch.deliveries().stream().noneMatch(delivery -> delivery.isOverdue(limitNanos));
  }

  /** The database took a batch. */
  public void over(Batch batch) {
    loadedNanos = System.nanoTime();
    held.remove(batch);
    gate.open(Gate.Hold.DATABASE);
  }

  /** Gives a batch back to the source queue. */
  public void giveBack(Exchange exchange) {
    Batch batch = batch(exchange);
    giveUp(batch);
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

  /**
   * Finds out whether the database takes rows. While batches are held, one of them must succeed
   * before receiving resumes.
   */
  public void probe() {
    try {
      probe.run();
      synchronized (this) {
        if (silentSinceNanos != 0) {
          // What was sent before the silence may never be answered.
          abandonConnections(silentSinceNanos);
          silentSinceNanos = 0;
        }
        answers = true;
        notifyAll();
        if (held.isEmpty()) {
          gate.open(Gate.Hold.DATABASE);
        }
      }
    } catch (SQLException e) {
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
