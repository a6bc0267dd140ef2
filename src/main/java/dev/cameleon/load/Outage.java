package dev.cameleon.load;

import dev.cameleon.settle.Acknowledger;
import dev.cameleon.settle.DeadLetter;
import dev.cameleon.settle.Delivery;
import dev.cameleon.settle.Gate;
import dev.cameleon.settle.Rejects;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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

  /**
   * A server that is slow to let one in may still be at work for those who are: not at the first.
   */
  private static final int SILENCES_THAT_PROVE = 2;

  private final Gate gate;
  private final long limitNanos;
  private final Acknowledger acknowledger;
  private final LoaderPool pool;
  private final SqlFailures failures = new SqlFailures();

  private boolean answers = true;
  private int silences;

  /** Batches that are being retried now: only their success is proof while there are any. */
  private final Set<Batch> held = ConcurrentHashMap.newKeySet();

  /**
   * Makes one.
   *
   * @param pool the loaders' connections, given up while the server is silent
   * @param limitNanos the longest that a message is kept in hand
   */
  public Outage(Gate gate, Acknowledger acknowledger, LoaderPool pool, long limitNanos) {
    this.pool = pool;
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
   * Finds out whether the database takes rows, with {@code load.sql} on an empty batch: a mere
   * {@code SELECT 1} would prove nothing. It asks outside the pool, which would answer late after
   * an outage. While batches are held, one of them must succeed before receiving resumes.
   */
  public void probe(Database.Login login, LoadStatement statement) {
    try (Connection connection = Database.connect(login)) {
      statement.run(connection, "[]");
      if (silences > 0) {
        silences = 0;
        abandonConnections(); // what was sent into the silence may never be answered
      }
      synchronized (this) {
        answers = true;
        notifyAll();
        if (held.isEmpty()) {
          gate.open(Gate.Hold.DATABASE);
        }
      }
    } catch (SQLException e) {
      gate.close(Gate.Hold.DATABASE, SqlFailures.describe(e));
      LOG.debug("The database does not take rows: {}", SqlFailures.describe(e));
      silences = failures.isSilence(e) ? silences + 1 : 0;
      if (silences == SILENCES_THAT_PROVE) {
        abandonConnections();
      }
    }
  }

  /** Loaders that wait for a silent server are to wait for its return instead. */
  private void abandonConnections() {
    try {
      pool.abandon();
    } catch (SQLException e) {
      LOG.warn("A connection could not be given up: {}", SqlFailures.describe(e));
    }
  }

  private static Throwable caught(Exchange exchange) {
    return exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
  }

  private static Batch batch(Exchange exchange) {
    return exchange.getVariable("batch", Batch.class);
  }
}
