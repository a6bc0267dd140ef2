package dev.cameleon.load;

import dev.cameleon.mask.MaskedRecord;
import dev.cameleon.sqs.DeliveryTracking;
import java.util.Map;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;

/** Collects masked records into a {@link Batch}; accepts no other body. */
public final class BatchAggregationStrategy implements AggregationStrategy {
  /**
   * A batch of this much JSON is complete, however few its rows, because the whole statement is
   * built in memory.
   */
  private static final long ENOUGH_CHARACTERS = 4L << 20;

  @Override
  public Exchange aggregate(Exchange collected, Exchange next) {
    if (!(next.getMessage().getBody() instanceof MaskedRecord record)) {
      throw new IllegalStateException("only a masked record can be loaded");
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
    batch.add(DeliveryTracking.of(next), record);
    if (batch.characters() >= ENOUGH_CHARACTERS) {
      answer.setProperty(Exchange.AGGREGATION_COMPLETE_CURRENT_GROUP, true);
    }
    DeliveryTracking.passOn(next);
    return answer;
  }
}
