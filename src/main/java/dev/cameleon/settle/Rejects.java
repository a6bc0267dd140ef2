package dev.cameleon.settle;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.cameleon.contract.LoginJson;
import dev.cameleon.contract.Reason;
import dev.cameleon.contract.RejectedException;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;

/** Turns a message's fault into a {@link DeadLetter}, and collects dead letters for one call. */
public final class Rejects implements AggregationStrategy {
  /** The dead letter of an exchange of the ingest route that failed by the message's own fault. */
  public DeadLetter malformed(Exchange exchange) {
    Throwable fault = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    RejectedException rejected;
    if (fault instanceof RejectedException already) {
      rejected = already;
    } else if (fault instanceof JsonProcessingException json) {
      rejected = LoginJson.rejected(json);
    } else {
      rejected = new RejectedException(Reason.NOT_JSON, "", "empty");
    }
    return new DeadLetter(
        Custody.of(exchange), rejected.reason(), rejected.field(), rejected.detail(), "");
  }

  /** The dead letter of a row that PostgreSQL refused. */
  public static DeadLetter refused(Delivery delivery, String sqlState, String detail) {
    return new DeadLetter(delivery, Reason.DATA_REJECTED, "", detail, sqlState);
  }

  @Override
  public Exchange aggregate(Exchange collected, Exchange next) {
    Exchange answer = collected;
    if (answer == null) {
      answer = next.copy();
      answer.getMessage().setHeaders(java.util.Map.of());
      answer.getMessage().setBody(new ArrayList<DeadLetter>());
    }
    @SuppressWarnings("unchecked")
    List<DeadLetter> letters = answer.getMessage().getBody(List.class);
    letters.add(next.getMessage().getBody(DeadLetter.class));
    Custody.passOn(next);
    return answer;
  }
}
