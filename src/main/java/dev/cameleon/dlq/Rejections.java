package dev.cameleon.dlq;

import dev.cameleon.contract.RejectedException;
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
   * Whether the message itself is at fault: its body is not strict JSON, or violates the contract.
   * An exception from any other step is not the message's fault.
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
    }
    return Optional.empty();
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
