package dev.cameleon.load;

import dev.cameleon.observe.Metrics;
import dev.cameleon.sqs.Acknowledger;
import java.time.Duration;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.component.jdbc.JdbcConstants;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Acts on a commit: closes the circuit breaker, counts the batch and deletes its messages. */
public final class CommitHandler {
  private static final Logger LOG = LoggerFactory.getLogger(CommitHandler.class);

  private final DatabaseCircuitBreaker breaker;
  private final RowFailures rows;
  private final Metrics metrics;
  private final Acknowledger acknowledger;

  /**
   * Handles the batches of the load route.
   *
   * @param breaker receives every success
   * @param rows receives every commit of new rows
   */
  public CommitHandler(
      DatabaseCircuitBreaker breaker,
      RowFailures rows,
      Metrics metrics,
      Acknowledger acknowledger) {
    this.breaker = breaker;
    this.rows = rows;
    this.metrics = metrics;
    this.acknowledger = acknowledger;
  }

  /** How many rows of the batch were new, if the insert route committed it. */
  static Optional<Integer> committed(Exchange exchange) {
    return Optional.ofNullable(
        exchange.getMessage().getHeader(JdbcConstants.JDBC_UPDATE_COUNT, Integer.class));
  }

  /**
   * Counts a committed batch and deletes its messages.
   *
   * @param batch the batch that was loaded
   * @param inserted how many of its rows were new
   */
  public void rows(Batch batch, int inserted) {
    try {
      batch.committed(inserted);
      breaker.over(batch);
      if (inserted > 0) {
        rows.committed();
      }
      Duration took = Duration.ofNanos(System.nanoTime() - batch.readyNanos());
      metrics.loaded(batch.size(), took);
      LOG.debug("Loaded a batch. rows={} new={} ms={}", batch.size(), inserted, took.toMillis());
    } finally {
      // Whatever fails above: no other code deletes committed messages.
      acknowledger.loaded(batch.deliveries(), inserted);
    }
  }
}
