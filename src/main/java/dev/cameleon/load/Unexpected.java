package dev.cameleon.load;

import dev.cameleon.settle.Acknowledger;
import dev.cameleon.settle.Custody;
import dev.cameleon.settle.DeadLetter;
import dev.cameleon.settle.Delivery;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last resort: a failure that no rule knows, such as a mistake in a route. Its messages go back
 * to the queue, so that nothing is lost and nothing stays in hand for ever.
 */
public final class Unexpected {
  private static final Logger LOG = LoggerFactory.getLogger(Unexpected.class);

  private final Acknowledger acknowledger;

  /**
   * Makes one.
   *
   * @param acknowledger gives them back
   */
  public Unexpected(Acknowledger acknowledger) {
    this.acknowledger = acknowledger;
  }

  /** Gives back whatever messages this exchange carries. */
  public void giveBack(Exchange exchange) {
    Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    List<Delivery> carried = carried(exchange);
    LOG.error(
        "A failure that no rule knows in route {}, step {}: {} messages go back to the queue.",
        exchange.getProperty(Exchange.FAILURE_ROUTE_ID),
        exchange.getProperty(Exchange.FAILURE_ENDPOINT),
        carried.size(),
        failure);
    acknowledger.returned(carried);
  }

  private List<Delivery> carried(Exchange exchange) {
    Batch batch = exchange.getVariable("batch", Batch.class);
    if (batch != null) {
      return batch.deliveries();
    }
    List<Delivery> carried = new ArrayList<>();
    Object body = exchange.getMessage().getBody();
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
