package dev.cameleon.load;

import dev.cameleon.observe.Metrics;
import dev.cameleon.sqs.Acknowledger;
import dev.cameleon.sqs.MessageTracing;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Acts on a commit: closes the circuit breaker, counts the batch and deletes its messages. */
public final class CommitHandler {
  private static final Logger LOG = LoggerFactory.getLogger(CommitHandler.class);

  /** The exchange's variable for the row that the statement returned. */
  static final String COUNTS = "counts";

  private final DatabaseCircuitBreaker breaker;
  private final RowFailures rows;
  private final Metrics metrics;
  private final LoadStatement statement;
  private final MessageTracing tracing;
  private final Acknowledger acknowledger;

  /**
   * Handles the batches of the load route.
   *
   * @param breaker receives every success
   * @param rows receives every commit of new rows
   * @param statement knows the tables of its counts
   * @param tracing receives every commit
   */
  public CommitHandler(
      DatabaseCircuitBreaker breaker,
      RowFailures rows,
      Metrics metrics,
      LoadStatement statement,
      MessageTracing tracing,
      Acknowledger acknowledger) {
    this.breaker = breaker;
    this.rows = rows;
    this.metrics = metrics;
    this.statement = statement;
    this.tracing = tracing;
    this.acknowledger = acknowledger;
  }

  /** How many messages of the batch were new, if the insert route committed it. */
  static Optional<Integer> committed(Exchange exchange) {
    return Optional.ofNullable(exchange.getVariable(COUNTS, Map.class)).map(CommitHandler::loaded);
  }

  private static int loaded(Map<?, ?> counts) {
    return ((Number) counts.get(LoadStatement.LOADED)).intValue();
  }

  /**
   * Counts a committed batch and deletes its messages.
   *
   * @param batch the batch that was loaded
   * @param counts the row that the statement returned
   */
  public void committed(Batch batch, Map<String, ?> counts) {
    rows(batch, loaded(counts));
    metrics.rows(statement.rows(counts));
  }

  /**
   * As {@link #committed(Batch, Map)}, given the number of new messages.
   *
   * @param inserted how many of the batch's messages were new
   */
  void rows(Batch batch, int inserted) {
    try {
      batch.committed(inserted);
      breaker.succeeded(batch);
      if (inserted > 0) {
        rows.committed();
      }
      Duration took = Duration.ofNanos(System.nanoTime() - batch.readyNanos());
      metrics.loaded(batch.size(), took);
      tracing.committed(batch.deliveries(), inserted, batch.readyNanos());
      LOG.debug("Loaded a batch. rows={} new={} ms={}", batch.size(), inserted, took.toMillis());
    } finally {
      // Even if the code above fails, because no other code deletes committed messages.
      acknowledger.loaded(batch.deliveries(), inserted);
    }
  }
}
