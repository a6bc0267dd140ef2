package dev.cameleon.sqs;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/**
 * The original message of a dead letter or replay, which two message attributes name.
 *
 * @param id the id that SQS gave it, which is its id in the ledger
 * @param sentAt when it was sent to the source queue
 */
public record SourceMessage(String id, Instant sentAt) {
  /** The attribute with the id. */
  public static final String ID = "source-message-id";

  /** The attribute with the time, ISO 8601 in UTC. */
  public static final String SENT_AT = "sent-at";

  /** Both attributes. */
  static final List<String> ATTRIBUTES = List.of(ID, SENT_AT);

  /**
   * The original of this message: itself, unless both attributes are present and valid. Another
   * system may use attributes of these names for something else.
   *
   * @param sentAt when this message was sent
   */
  public static SourceMessage of(Message message, Instant sentAt) {
    return named(message).orElseGet(() -> new SourceMessage(message.messageId(), sentAt));
  }

  /** Whether the attributes of a message name an original. */
  static boolean isNamedIn(Message message) {
    return named(message).isPresent();
  }

  private static Optional<SourceMessage> named(Message message) {
    String id = attribute(message, ID);
    String firstSentAt = attribute(message, SENT_AT);
    if (id.isEmpty() || firstSentAt.isEmpty()) {
      return Optional.empty(); // true of nearly all messages, for which an exception would be slow
    }
    try {
      return Optional.of(
          new SourceMessage(UUID.fromString(id).toString(), Instant.parse(firstSentAt)));
    } catch (IllegalArgumentException | DateTimeException e) {
      return Optional.empty();
    }
  }

  /** The text of a message attribute; an empty string if there is none. */
  public static String attribute(Message message, String name) {
    MessageAttributeValue value = message.messageAttributes().get(name);
    return value == null || value.stringValue() == null ? "" : value.stringValue();
  }

  /**
   * A replay of this message: however often it is sent, it is loaded once.
   *
   * @param body the original or corrected body: personal
   * @param sender the attributes of the first message; packed if they are too many
   */
  public OutgoingMessage replay(String body, SenderAttributes sender) {
    Map<String, String> own = attributes();
    if (sender.fitBeside(own.size())) {
      return new OutgoingMessage(body, own, sender.values(), Optional.empty());
    }
    own.put(SenderAttributes.PACKED, sender.text());
    return new OutgoingMessage(body, own);
  }

  /** The two attributes that name this message. */
  public Map<String, String> attributes() {
    Map<String, String> attributes = new LinkedHashMap<>();
    attributes.put(ID, id);
    attributes.put(SENT_AT, sentAt.toString());
    return attributes;
  }
}
