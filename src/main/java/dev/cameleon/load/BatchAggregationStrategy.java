package dev.cameleon.load;

import dev.cameleon.mask.MaskedMessage;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.DeliveryTracking;
import java.util.Map;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;

/** Collects masked messages into a {@link Batch}; accepts no other body. */
public final class BatchAggregationStrategy implements AggregationStrategy {
  private final int mostEvents;
  private final GroupOrder order;

  /**
   * Collects batches.
   *
   * @param mostEvents a batch of this many events is complete
   * @param order receives the groups of each batch
   */
  public BatchAggregationStrategy(int mostEvents, GroupOrder order) {
    this.order = order;
    this.mostEvents = mostEvents;
  }

  @Override
  public Exchange aggregate(Exchange collected, Exchange next) {
    if (!(next.getMessage().getBody() instanceof MaskedMessage message)) {
      throw new IllegalStateException("only masked messages can be collected into a batch");
    }
    Exchange answer = collected;
    if (answer == null) {
      answer = next.copy();
      // The headers belong to one message, not to the batch, and its sender may have set any of
      // them.
      answer.getMessage().setHeaders(Map.of());
      answer.getMessage().setBody(new Batch());
    }
    Batch batch = answer.getMessage().getBody(Batch.class);
    Delivery delivery = DeliveryTracking.of(next);
    batch.add(delivery, message);
    Exchange whole = answer;
    delivery.group().ifPresent(group -> order.added(batch, whole, group.id()));
    if (batch.size() >= mostEvents || batch.characters() >= Batch.ENOUGH_CHARACTERS) {
      answer.setProperty(Exchange.AGGREGATION_COMPLETE_CURRENT_GROUP, true);
    }
    DeliveryTracking.passOn(next);
    return answer;
  }
}
