package dev.cameleon.load;

import dev.cameleon.mask.MaskedRecord;
import dev.cameleon.sqs.DeliveryTracking;
import java.util.Map;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;

/** Collects masked records into a {@link Batch}; takes nothing that is not masked. */
public final class BatchAggregationStrategy implements AggregationStrategy {
  /** A batch of so much JSON is complete, however few its rows: the statement is built of it. */
  private static final long ENOUGH_CHARACTERS = 4L << 20;

  @Override
  public Exchange aggregate(Exchange collected, Exchange next) {
    if (!(next.getMessage().getBody() instanceof MaskedRecord record)) {
      throw new IllegalStateException("only a masked record can be loaded");
    }
    Exchange answer = collected;
    if (answer == null) {
      answer = next.copy();
      // The headers of one message are not those of the batch, and may be anything its sender
      // chose.
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
