package dev.cameleon.load;

import dev.cameleon.settle.Acknowledger;
import dev.cameleon.settle.DeadLetter;
import dev.cameleon.settle.Delivery;
import dev.cameleon.settle.Gate;
import dev.cameleon.settle.Queue;
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

  private final Gate gate;
  private final Queue source;
  private final Acknowledger acknowledger;
  private final SqlFailures failures = new SqlFailures();

  /** Batches that are being retried now: only their success is proof while there are any. */
  private final Set<Batch> held = ConcurrentHashMap.newKeySet();

  /**
   * Makes one.
   *
   * @param source the queue whose visibility timeout bounds the retries
   */
  public Outage(Gate gate, Queue source, Acknowledger acknowledger) {
    this.gate = gate;
    this.source = source;
    this.acknowledger = acknowledger;
  }

  /** Whether PostgreSQL refused a row, so that the batch must be split. */
  public boolean isRefusal(Exchange exchange) {
    return failures.isRefusal(caught(exchange));
  }

  /** Whether to run the statement again. */
  public boolean retry(Exchange exchange) {
    Throwable failure = caught(exchange);
    Batch batch = batch(exchange);
    int attempt = exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 0, Integer.class);
    if (failures.isConflict(failure) && attempt < CONFLICT_RETRIES) {
      return true;
    }
    held.add(batch);
    gate.close(Gate.Hold.DATABASE, SqlFailures.describe(failure));
    return !gate.isStopping() && batch.deliveries().stream().noneMatch(d -> d.isOverdue(source));
  }

  /** The database took a batch. */
  public void over(Batch batch) {
    held.remove(batch);
    gate.open(Gate.Hold.DATABASE);
  }

  /** Gives a batch back to the source queue. */
  public void giveBack(Exchange exchange) {
    Batch batch = batch(exchange);
    held.remove(batch);
    acknowledger.returned(batch.deliveries());
  }

  /** The dead letter of the one row that PostgreSQL refuses. */
  public DeadLetter refused(Exchange exchange) {
    Throwable failure = caught(exchange);
    Delivery delivery = batch(exchange).deliveries().get(0);
    return Rejects.refused(delivery, SqlFailures.state(failure), SqlFailures.describe(failure));
  }

  /**
   * Finds out whether the database takes rows, with {@code load.sql} on an empty batch: a mere
   * {@code SELECT 1} would prove nothing. Closes or opens the gate by it.
   */
  public void probe(Database.Login login, LoadStatement statement) {
    if (!held.isEmpty()) {
      return;
    }
    try (Connection connection = Database.connect(login)) {
      statement.run(connection, "[]");
      gate.open(Gate.Hold.DATABASE);
    } catch (SQLException e) {
      gate.close(Gate.Hold.DATABASE, SqlFailures.describe(e));
      LOG.debug("The database still does not take rows: {}", SqlFailures.describe(e));
    }
  }

  private static Throwable caught(Exchange exchange) {
    return exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
  }

  private static Batch batch(Exchange exchange) {
    return exchange.getVariable("batch", Batch.class);
  }
}
