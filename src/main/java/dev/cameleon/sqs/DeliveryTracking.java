package dev.cameleon.sqs;

import java.util.List;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.Route;
import org.apache.camel.support.RoutePolicySupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Attaches the delivery to each exchange of the ingest route, independently of headers and body,
 * and makes sure that it leaves the route in a batch or as a dead letter. Returns the message to
 * the queue if a step drops it.
 */
public final class DeliveryTracking extends RoutePolicySupport {
  private static final Logger LOG = LoggerFactory.getLogger(DeliveryTracking.class);
  private static final String TICKET = "cameleon.delivery";

  private final InFlightMessages inFlight;
  private final ReceiveGate gate;
  private final Acknowledger acknowledger;

  /**
   * Tracks the exchanges of the ingest route.
   *
   * @param inFlight the messages in flight
   * @param gate slows receiving while a step drops messages
   * @param acknowledger returns dropped messages
   */
  public DeliveryTracking(InFlightMessages inFlight, ReceiveGate gate, Acknowledger acknowledger) {
    this.inFlight = inFlight;
    this.gate = gate;
    this.acknowledger = acknowledger;
  }

  /** One per delivery: all copies of an exchange share it. */
  private static final class Ticket {
    private final Delivery delivery;
    private volatile boolean passedOn;

    private Ticket(Delivery delivery) {
      this.delivery = delivery;
    }
  }

  /**
   * The delivery of an exchange of the ingest route.
   *
   * @throws IllegalStateException if the exchange does not come from the ingest route
   */
  public static Delivery of(Exchange exchange) {
    Ticket ticket = exchange.getProperty(TICKET, Ticket.class);
    if (ticket == null) {
      throw new IllegalStateException("this exchange does not come from the ingest route");
    }
    return ticket.delivery;
  }

  /** Whether the ingest route is still responsible for settling this message. */
  public static boolean isHere(Exchange exchange) {
    Ticket ticket = exchange.getProperty(TICKET, Ticket.class);
    return ticket != null && !ticket.passedOn;
  }

  /**
   * Hands responsibility for settling this message to the caller.
   *
   * @return the delivery; empty if the exchange has none or it was handed over before
   */
  public static Optional<Delivery> passOn(Exchange exchange) {
    Ticket ticket = exchange.getProperty(TICKET, Ticket.class);
    if (ticket == null || ticket.passedOn) {
      return Optional.empty();
    }
    ticket.passedOn = true;
    return Optional.of(ticket.delivery);
  }

  static void take(Exchange exchange, Delivery delivery) {
    exchange.setProperty(TICKET, new Ticket(delivery));
  }

  @Override
  public void onExchangeBegin(Route route, Exchange exchange) {
    take(exchange, inFlight.received(exchange));
  }

  @Override
  public void onExchangeDone(Route route, Exchange exchange) {
    passOn(exchange)
        .ifPresent(
            delivery -> {
              gate.close(
                  ReceiveGate.Hold.ROUTE_FAILURES,
                  "a step of the route "
                      + route.getRouteId()
                      + " drops messages, which return to the queue");
              LOG.debug("A step dropped a message. message={}", delivery.messageId());
              acknowledger.postponed(List.of(delivery));
            });
  }
}
