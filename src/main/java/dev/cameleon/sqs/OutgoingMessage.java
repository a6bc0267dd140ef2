package dev.cameleon.sqs;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/**
 * A message to be sent to a queue.
 *
 * @param body personal, or sealed
 * @param attributes its message attributes, all of type String
 */
public record OutgoingMessage(String body, Map<String, String> attributes) {
  /** AWS: the largest batch request is 1 MiB, since August 2025. */
  public static final int MAX_CALL_BYTES = 1024 * 1024;

  /** Copies the attributes. */
  public OutgoingMessage {
    attributes = Map.copyOf(attributes);
  }

  /** Its size in bytes, as SQS counts it. */
  public int bytes() {
    return utf8Length(body) + bytes(attributes);
  }

  /** The message as an entry of a batch call, under this id. */
  public SendMessageBatchRequestEntry entry(String id) {
    return SendMessageBatchRequestEntry.builder()
        .id(id)
        .messageBody(body)
        .messageAttributes(values(attributes))
        .build();
  }

  /**
   * Splits messages into batch calls of at most 10 entries and 1 MiB.
   *
   * @param bytes the size of one message
   */
  public static <T> List<List<T>> calls(List<T> all, ToIntFunction<T> bytes) {
    List<List<T>> calls = new ArrayList<>();
    List<T> call = new ArrayList<>();
    int callBytes = 0;
    for (T one : all) {
      boolean full =
          call.size() == Acknowledger.ENTRIES_PER_CALL
              || callBytes + bytes.applyAsInt(one) > MAX_CALL_BYTES;
      if (full && !call.isEmpty()) {
        calls.add(call);
        call = new ArrayList<>();
        callBytes = 0;
      }
      call.add(one);
      callBytes += bytes.applyAsInt(one);
    }
    if (!call.isEmpty()) {
      calls.add(call);
    }
    return calls;
  }

  /** The attributes as the SDK takes them. */
  public static Map<String, MessageAttributeValue> values(Map<String, String> attributes) {
    Map<String, MessageAttributeValue> values = new LinkedHashMap<>();
    attributes.forEach(
        (name, text) ->
            values.put(
                name,
                MessageAttributeValue.builder().dataType("String").stringValue(text).build()));
    return values;
  }

  /** The size of attributes in bytes: AWS counts the name, the type and the value of each. */
  public static int bytes(Map<String, String> attributes) {
    int bytes = 0;
    for (Map.Entry<String, String> attribute : attributes.entrySet()) {
      bytes += attribute.getKey().length() + "String".length() + utf8Length(attribute.getValue());
    }
    return bytes;
  }

  /** The length of a text in UTF-8, in bytes. */
  public static int utf8Length(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** Without the body, which is personal. */
  @Override
  public String toString() {
    return "Outgoing[" + attributes.keySet() + ", " + bytes() + " bytes]";
  }
}
