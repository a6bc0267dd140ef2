package dev.cameleon.load;

import dev.cameleon.OutOfMemory;
import dev.cameleon.settle.Acknowledger;
import dev.cameleon.settle.Custody;
import dev.cameleon.settle.DeadLetter;
import dev.cameleon.settle.Delivery;
import dev.cameleon.settle.Gate;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.util.URISupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last resort: a failure that no rule knows, such as a mistake in a route. Its messages go back
 * to the queue, so that nothing is lost and nothing stays in hand for ever.
 */
public final class Unexpected {
  private static final Logger LOG = LoggerFactory.getLogger(Unexpected.class);

  private final Gate gate;
  private final Outage outage;
  private final Acknowledger acknowledger;

  /**
   * Makes one.
   *
   * @param gate receiving slows down while this happens
   * @param outage told of batches that are not retried any more
   * @param acknowledger gives them back
   */
  public Unexpected(Gate gate, Outage outage, Acknowledger acknowledger) {
    this.gate = gate;
    this.outage = outage;
    this.acknowledger = acknowledger;
  }

  /** Gives back whatever messages this exchange carries. */
  public void giveBack(Exchange exchange) {
    Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    OutOfMemory.endIf(failure);
    List<Delivery> carried = carried(exchange);
    if (!gate.isClosed(Gate.Hold.UNEXPECTED)) {
      LOG.error(
          "A failure that no rule knows in route {}, step {}: {} messages go back to the queue, the"
              + " first is {}. Further ones are not logged while receiving is slow.",
          exchange.getProperty(Exchange.FAILURE_ROUTE_ID),
          URISupport.sanitizeUri(exchange.getProperty(Exchange.FAILURE_ENDPOINT, String.class)),
          carried.size(),
          carried.isEmpty() ? "none" : carried.get(0).messageId(),
          failure);
    }
    gate.close(
        Gate.Hold.UNEXPECTED,
        "a route fails in a way that no rule knows ("
            + (failure == null ? "?" : failure.getClass().getSimpleName())
            + "), the messages go back to the queue; see the ERROR line");
    acknowledger.postponed(carried);
  }

  private List<Delivery> carried(Exchange exchange) {
    Batch batch = exchange.getVariable("batch", Batch.class);
    if (batch != null) {
      outage.giveUp(batch);
      return batch.deliveries();
    }
    List<Delivery> carried = new ArrayList<>();
    Object letters = exchange.getVariable("letters");
    Object body = letters == null ? exchange.getMessage().getBody() : letters;
    for (Object each : body instanceof List<?> list ? list : List.of(body == null ? "" : body)) {
      if (each instanceof DeadLetter letter) {
        carried.add(letter.delivery());
      } else if (each instanceof Delivery delivery) {
        carried.add(delivery);
      } else if (each instanceof Batch rows) {
        carried.addAll(rows.deliveries());
      }
    }
    Custody.passOn(exchange).ifPresent(carried::add);
    return carried;
  }
}
