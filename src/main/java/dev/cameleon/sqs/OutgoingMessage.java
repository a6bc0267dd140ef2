package dev.cameleon.sqs;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/**
 * A message to be sent to a queue.
 *
 * @param body personal, or sealed
 * @param attributes its message attributes, all of type String
 */
public record OutgoingMessage(String body, Map<String, String> attributes) {
  private static final String TYPE = "String";

  /** Copies the attributes. */
  public OutgoingMessage {
    attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
  }

  /** Its size in bytes, as SQS counts it: body, and name, type and value of each attribute. */
  public int bytes() {
    int bytes = utf8Length(body);
    for (Map.Entry<String, String> attribute : attributes.entrySet()) {
      bytes += attribute.getKey().length() + TYPE.length() + utf8Length(attribute.getValue());
    }
    return bytes;
  }

  private static int utf8Length(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** The message as an entry of a batch call, under this id. */
  SendMessageBatchRequestEntry entry(String id) {
    Map<String, MessageAttributeValue> values = new LinkedHashMap<>();
    attributes.forEach(
        (name, text) ->
            values.put(
                name, MessageAttributeValue.builder().dataType(TYPE).stringValue(text).build()));
    return SendMessageBatchRequestEntry.builder()
        .id(id)
        .messageBody(body)
        .messageAttributes(values)
        .build();
  }

  /** Without the body, which is personal. */
  @Override
  public String toString() {
    return "OutgoingMessage[" + attributes.keySet() + ", " + bytes() + " bytes]";
  }
}
