package dev.cameleon.load;

import dev.cameleon.mask.MaskedRecord;
import dev.cameleon.settle.Custody;
import java.util.Map;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;

/** Collects masked records into a {@link Batch}; takes nothing that is not masked. */
public final class Batching implements AggregationStrategy {
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
    answer.getMessage().getBody(Batch.class).add(Custody.of(next), record);
    Custody.passOn(next);
    return answer;
  }
}
