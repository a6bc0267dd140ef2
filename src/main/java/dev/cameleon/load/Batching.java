package dev.cameleon.load;

import dev.cameleon.mask.MaskedRecord;
import dev.cameleon.settle.Deliveries;
import java.util.Map;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;

/** Collects masked records into a {@link Batch}; takes nothing that is not masked. */
public final class Batching implements AggregationStrategy {
  private final Deliveries deliveries;

  /**
   * Makes one.
   *
   * @param deliveries what is in hand
   */
  public Batching(Deliveries deliveries) {
    this.deliveries = deliveries;
  }

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
    answer.getMessage().getBody(Batch.class).add(deliveries.of(next), record);
    return answer;
  }
}
