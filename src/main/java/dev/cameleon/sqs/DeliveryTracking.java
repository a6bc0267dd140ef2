package dev.cameleon.sqs;

import java.util.List;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.Route;
import org.apache.camel.support.RoutePolicySupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps each exchange of the ingest route together with its delivery, whatever its steps do to
 * headers and body, and sees to it that the route ends with the delivery passed on: to a batch, or
 * to a dead letter. One that a step dropped goes back to the queue.
 */
public final class DeliveryTracking extends RoutePolicySupport {
  private static final Logger LOG = LoggerFactory.getLogger(DeliveryTracking.class);
  private static final String TICKET = "cameleon.delivery";

  private final InFlightMessages deliveries;
  private final ReceiveGate gate;
  private final Acknowledger acknowledger;

  /**
   * Makes one.
   *
   * @param deliveries what is in flight
   */
  public DeliveryTracking(
      InFlightMessages deliveries, ReceiveGate gate, Acknowledger acknowledger) {
    this.deliveries = deliveries;
    this.gate = gate;
    this.acknowledger = acknowledger;
  }

  /** Shared by all copies of an exchange. */
  private static final class Ticket {
    private final Delivery delivery;
    private volatile boolean passedOn;

    private Ticket(Delivery delivery) {
      this.delivery = delivery;
    }
  }

  /**
   * The delivery that an exchange of the ingest route stands for.
   *
   * @throws IllegalStateException if it stands for none
   */
  public static Delivery of(Exchange exchange) {
    Ticket ticket = exchange.getProperty(TICKET, Ticket.class);
    if (ticket == null) {
      throw new IllegalStateException("this exchange does not come from the ingest route");
    }
    return ticket.delivery;
  }

  /** Whether the outcome of this exchange's delivery is still the ingest route's to decide. */
  public static boolean isHere(Exchange exchange) {
    Ticket ticket = exchange.getProperty(TICKET, Ticket.class);
    return ticket != null && !ticket.passedOn;
  }

  /**
   * Someone else sees to the outcome of this exchange's delivery from now on.
   *
   * @return the delivery, if the exchange stands for one that was not passed on before
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
    take(exchange, deliveries.received(exchange));
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
