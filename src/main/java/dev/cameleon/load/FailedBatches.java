package dev.cameleon.load;

import dev.cameleon.contract.Violation;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.dlq.DeadLetter;
import dev.cameleon.sqs.Acknowledger;
import dev.cameleon.sqs.WarningLimit;
import java.util.List;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles a batch that was not loaded: splits it, dead-letters its only row, or returns its
 * messages. No message is dead-lettered for a failure of the database.
 */
public final class FailedBatches {
  private static final Logger LOG = LoggerFactory.getLogger(FailedBatches.class);

  private final DatabaseCircuitBreaker breaker;
  private final RowFailures rows;
  private final Acknowledger acknowledger;
  private final SqlErrors errors = new SqlErrors();
  private final WarningLimit aloneWarnings = new WarningLimit();
  private final WarningLimit repeatedKeyWarnings = new WarningLimit();

  /**
   * Handles the failed batches of the load route.
   *
   * @param breaker receives batches that no longer wait for the database
   * @param rows tells whether a row is at fault
   * @param acknowledger returns messages
   */
  public FailedBatches(
      DatabaseCircuitBreaker breaker, RowFailures rows, Acknowledger acknowledger) {
    this.breaker = breaker;
    this.rows = rows;
    this.acknowledger = acknowledger;
  }

  /**
   * Whether loading failed, as opposed to a step that an operator added. A batch that was committed
   * or split must not be loaded again.
   */
  public boolean isLoading(Exchange exchange) {
    Batch batch = batch(exchange);
    return batch != null && !batch.isPassedOn() && CommitHandler.committed(exchange).isEmpty();
  }

  /** Whether one of the rows is at fault, so that the batch is split until that row is alone. */
  public boolean isRows(Exchange exchange) {
    return rows.isRows(batch(exchange), failure(exchange));
  }

  /** Both halves of a batch in which a row is at fault. */
  public List<Batch> halves(Exchange exchange) {
    Batch batch = found(exchange);
    if (SqlErrors.isRepeatedKey(failure(exchange)) && !batch.isHalf()) {
      long count = repeatedKeyWarnings.add(1);
      if (count > 0) {
        LOG.warn(
            "Batches are loaded in parts, which is slow: two of their events have the same key,"
                + " which ON CONFLICT DO UPDATE refuses; {}. count={}",
            SqlErrors.ONE_ROW_PER_KEY,
            count);
      }
    }
    return batch.halves();
  }

  /** Whether PostgreSQL refuses the row, which then becomes a dead letter. */
  public boolean isRefusal(Exchange exchange) {
    return errors.isRefusal(failure(exchange));
  }

  /** The dead letter of the single row that PostgreSQL refuses. */
  public DeadLetter refused(Exchange exchange) {
    Batch batch = found(exchange);
    Throwable failure = failure(exchange);
    return new DeadLetter(
        batch.deliveries().get(0),
        Violation.DATA_REJECTED,
        "",
        SqlErrors.describe(failure),
        SqlErrors.state(failure));
  }

  /** Records that the dead-letter route decides this batch's outcome. */
  public void passedOn(Batch batch) {
    batch.passOn();
  }

  /**
   * Returns a row that failed alone to the source queue: a person must find out whether the row or
   * the table is at fault. Until another row is committed, it is possible that no row can be. So
   * receiving slows, and a row that comes back is returned with a long delay, so that the queue's
   * redrive policy does not take good rows.
   */
  public void returnAlone(Exchange exchange) {
    Batch batch = found(exchange);
    Throwable failure = failure(exchange);
    boolean others = rows.othersWereCommitted(batch);
    if (others) {
      long count = aloneWarnings.add(1);
      if (count > 0) {
        LOG.warn(
            "Some rows fail even when loaded alone, while other rows load. They return"
                + " to the queue, each time with a longer delay: {}. count={} first={}",
            SqlErrors.describe(failure),
            count,
            batch.deliveries().get(0).messageId());
      }
    } else {
      rows.failedAlone(failure);
    }
    batch.passOn();
    acknowledger.postponed(batch.deliveries(), others);
  }

  /** Returns the messages of a batch that the database did not accept in time. */
  public void returnToQueue(Exchange exchange) {
    Batch batch = batch(exchange);
    breaker.giveUp(batch);
    batch.passOn();
    acknowledger.returned(batch.deliveries());
  }

  private Batch found(Exchange exchange) {
    Batch batch = batch(exchange);
    rows.found(batch, failure(exchange));
    breaker.answered(batch);
    return batch;
  }

  static Throwable failure(Exchange exchange) {
    return exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
  }

  static Batch batch(Exchange exchange) {
    return exchange.getVariable("batch", Batch.class);
  }
}
