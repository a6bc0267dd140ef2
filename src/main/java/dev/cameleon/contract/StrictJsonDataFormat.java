package dev.cameleon.contract;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.camel.Exchange;
import org.apache.camel.component.jackson.JacksonDataFormat;

/**
 * Camel's data format for {@link StrictJson}: unmarshals a body to an {@link ObjectNode}, or
 * rejects it as {@link Violation#NOT_JSON} in words that do not quote it.
 */
public final class StrictJsonDataFormat extends JacksonDataFormat {
  /** Bound as {@code strictJson}, the name in the routes. */
  public StrictJsonDataFormat() {
    super(StrictJson.strictMapper(), ObjectNode.class);
  }

  @Override
  public Object unmarshal(Exchange exchange, Object body) throws Exception {
    try {
      return super.unmarshal(exchange, body);
    } catch (JsonProcessingException e) {
      throw StrictJson.rejected(e);
    }
  }
}
