package dev.cameleon.load;

import dev.cameleon.dlq.DeadLetter;
import dev.cameleon.errors.OutOfMemory;
import dev.cameleon.sqs.Acknowledger;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.DeliveryTracking;
import dev.cameleon.sqs.ReceiveGate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.util.URISupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles failures that no rule covers, such as a mistake in a route. Returns the messages to the
 * queue, so that none is lost or stays in flight for ever. If their rows are committed, deletes the
 * messages instead, so that they do not come back in a loop.
 */
public final class RouteFailureHandler {
  private static final Logger LOG = LoggerFactory.getLogger(RouteFailureHandler.class);

  private final ReceiveGate gate;
  private final DatabaseCircuitBreaker breaker;
  private final CommitHandler loaded;
  private final Acknowledger acknowledger;

  /**
   * Handles failures of all routes.
   *
   * @param gate slows receiving while this happens
   * @param breaker receives batches that are no longer retried
   * @param loaded deletes the messages of committed batches
   * @param acknowledger returns the other messages
   */
  public RouteFailureHandler(
      ReceiveGate gate,
      DatabaseCircuitBreaker breaker,
      CommitHandler loaded,
      Acknowledger acknowledger) {
    this.gate = gate;
    this.breaker = breaker;
    this.loaded = loaded;
    this.acknowledger = acknowledger;
  }

  /** Returns all messages of this exchange, or deletes them if their rows are committed. */
  public void returnToQueue(Exchange exchange) {
    Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    OutOfMemory.endIf(failure);
    List<Delivery> carried = carried(exchange);
    if (!gate.isClosed(ReceiveGate.Hold.ROUTE_FAILURES)) {
      LOG.error(
          "Unhandled failure (no onException matches) in route {}, step {}: {} messages"
              + " return to the queue, the first is {}; committed rows stay. Further"
              + " failures are not logged while receiving is slow.",
          exchange.getProperty(Exchange.FAILURE_ROUTE_ID),
          URISupport.sanitizeUri(exchange.getProperty(Exchange.FAILURE_ENDPOINT, String.class)),
          carried.size(),
          carried.isEmpty() ? "none" : carried.get(0).messageId(),
          failure);
    }
    gate.close(
        ReceiveGate.Hold.ROUTE_FAILURES,
        "a failure in a route is not handled by any onException ("
            + (failure == null ? "?" : failure.getClass().getSimpleName())
            + "), and messages that are not loaded return to the queue; see the ERROR line");
    acknowledger.postponed(carried);
  }

  private List<Delivery> uncommitted(Exchange exchange, Batch batch) {
    if (batch.isPassedOn()) {
      return List.of();
    }
    Optional<Integer> committed = CommitHandler.committed(exchange);
    if (committed.isPresent()) {
      loaded.rows(batch, committed.get());
      return List.of();
    }
    batch.passOn();
    return batch.deliveries();
  }

  private List<Delivery> carried(Exchange exchange) {
    Batch batch = exchange.getVariable("batch", Batch.class);
    if (batch != null) {
      breaker.giveUp(batch);
      return uncommitted(exchange, batch);
    }
    List<Delivery> carried = new ArrayList<>();
    Object deadLetters = exchange.getVariable("deadLetters");
    Object body = deadLetters == null ? exchange.getMessage().getBody() : deadLetters;
    for (Object each : body instanceof List<?> list ? list : List.of(body == null ? "" : body)) {
      if (each instanceof DeadLetter deadLetter) {
        carried.add(deadLetter.delivery());
      } else if (each instanceof Delivery delivery) {
        carried.add(delivery);
      } else if (each instanceof Batch rows && !rows.isPassedOn()) {
        carried.addAll(rows.deliveries());
      }
    }
    DeliveryTracking.passOn(exchange).ifPresent(carried::add);
    return carried;
  }
}
