package dev.cameleon.dlq;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.cameleon.contract.RejectedException;
import dev.cameleon.contract.StrictJson;
import dev.cameleon.contract.Violation;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.DeliveryTracking;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;

/**
 * Turns a message's fault into a {@link DeadLetter}, and collects dead letters for one batch call.
 */
public final class Rejections implements AggregationStrategy {
  /**
   * Whether the ingest route failed through the message's own fault: the contract rejects it, or
   * its body, as it was received, is not JSON. An exception from a step that an operator added is
   * not.
   */
  public boolean isMessagesFault(Exchange exchange) {
    return DeliveryTracking.isHere(exchange) && fault(exchange).isPresent();
  }

  /** The dead letter of an exchange for which {@link #isMessagesFault} holds. */
  public DeadLetter malformed(Exchange exchange) {
    RejectedException rejected = fault(exchange).orElseThrow();
    return new DeadLetter(
        DeliveryTracking.of(exchange), rejected.reason(), rejected.field(), rejected.detail(), "");
  }

  private static Optional<RejectedException> fault(Exchange exchange) {
    Throwable cause = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    for (; cause != null; cause = cause.getCause()) {
      if (cause instanceof RejectedException rejected) {
        return Optional.of(rejected);
      }
      if (cause instanceof JsonProcessingException json
          && DeliveryTracking.of(exchange).body().equals(exchange.getMessage().getBody())) {
        return Optional.of(StrictJson.rejected(json));
      }
    }
    return Optional.empty();
  }

  /** The dead letter of a row that PostgreSQL refused. */
  public static DeadLetter refused(Delivery delivery, String sqlState, String detail) {
    return new DeadLetter(delivery, Violation.DATA_REJECTED, "", detail, sqlState);
  }

  @Override
  public Exchange aggregate(Exchange collected, Exchange next) {
    if (!(next.getMessage().getBody() instanceof DeadLetter deadLetter)) {
      throw new IllegalStateException("only a dead letter can go to the dead-letter queue");
    }
    Exchange answer = collected;
    if (answer == null) {
      answer = next.copy();
      // The batch of one refused row: if it stayed, a later failure would return only that message.
      answer.removeVariable("batch");
      answer.getMessage().setHeaders(Map.of());
      answer.getMessage().setBody(new ArrayList<DeadLetter>());
    }
    @SuppressWarnings("unchecked")
    List<DeadLetter> deadLetters = answer.getMessage().getBody(List.class);
    deadLetters.add(deadLetter);
    DeliveryTracking.passOn(next);
    return answer;
  }
}
