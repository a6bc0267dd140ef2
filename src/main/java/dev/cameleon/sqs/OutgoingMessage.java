package dev.cameleon.sqs;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/**
 * A message to be sent to a queue.
 *
 * @param body personal, or sealed
 * @param attributes Cameleon's own message attributes, all of type String
 * @param sender the first sender's attributes: personal
 * @param place where it belongs in a FIFO queue; empty for a standard queue
 */
public record OutgoingMessage(
    String body,
    Map<String, String> attributes,
    Map<String, MessageAttributeValue> sender,
    Optional<Place> place) {
  private static final String TYPE = "String";

  /**
   * A place in a FIFO queue.
   *
   * @param group the message group id, possibly personal
   * @param deduplicationId SQS drops a message with the id of another one of the last five minutes
   */
  public record Place(String group, String deduplicationId) {}

  /** Copies the attributes. */
  public OutgoingMessage {
    attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    sender = Map.copyOf(sender);
  }

  /** A message for a standard queue, without a sender's attributes. */
  public OutgoingMessage(String body, Map<String, String> attributes) {
    this(body, attributes, Map.of(), Optional.empty());
  }

  /** The same message in a FIFO queue. */
  public OutgoingMessage at(Place there) {
    return new OutgoingMessage(body, attributes, sender, Optional.of(there));
  }

  /** Whether both have the same content, wherever they are sent. */
  public boolean hasContentOf(OutgoingMessage other) {
    return body.equals(other.body)
        && attributes.equals(other.attributes)
        && sender.equals(other.sender);
  }

  /** Its size in bytes, as SQS counts it: body, and name, type and value of each attribute. */
  public int bytes() {
    int bytes = utf8Length(body);
    for (Map.Entry<String, String> attribute : attributes.entrySet()) {
      bytes += attribute.getKey().length() + TYPE.length() + utf8Length(attribute.getValue());
    }
    for (Map.Entry<String, MessageAttributeValue> attribute : sender.entrySet()) {
      bytes += SenderAttributes.bytes(attribute.getKey(), attribute.getValue());
    }
    return bytes;
  }

  /** The length in UTF-8; 0 for a text that is missing in an answer of SQS. */
  static int utf8Length(String text) {
    return text == null ? 0 : text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** The message as an entry of a batch call, under this id. */
  SendMessageBatchRequestEntry entry(String id) {
    Map<String, MessageAttributeValue> values = new LinkedHashMap<>(sender);
    attributes.forEach(
        (name, text) ->
            values.put(
                name, MessageAttributeValue.builder().dataType(TYPE).stringValue(text).build()));
    return SendMessageBatchRequestEntry.builder()
        .id(id)
        .messageBody(body)
        .messageAttributes(values)
        .messageGroupId(place.map(Place::group).orElse(null))
        .messageDeduplicationId(place.map(Place::deduplicationId).orElse(null))
        .build();
  }

  /** Leaves out personal data. */
  @Override
  public String toString() {
    return "OutgoingMessage[" + attributes.keySet() + ", " + bytes() + " bytes]";
  }
}
