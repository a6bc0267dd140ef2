package dev.cameleon.sqs;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/**
 * One receive of one message. A message that is received twice makes two deliveries.
 *
 * @param messageId the id that SQS gave the message
 * @param receiptHandle identifies this receive to SQS, to delete the message or change its
 *     visibility
 * @param body the original body: personal, never logged
 * @param sentAt when the message was sent to the source queue
 * @param receiveCount how often the message was received, this time included
 * @param ledgerId the message's id in the ledger: its own, or for a replay that of the first
 *     message
 * @param originallySentAt the date for its row: when the message, or for a replay the first
 *     message, was sent
 * @param receivedNanos {@link System#nanoTime} before the receive: the visibility timeout starts
 *     later than this
 */
public record Delivery(
    String messageId,
    String receiptHandle,
    String body,
    Instant sentAt,
    int receiveCount,
    String ledgerId,
    Instant originallySentAt,
    long receivedNanos) {

  /** The attribute of a dead letter, and of its replay, with the id of the first message. */
  public static final String SOURCE_MESSAGE_ID = "source-message-id";

  /** The attribute with the time at which the first message was sent, ISO 8601 in UTC. */
  public static final String SENT_AT = "sent-at";

  /** The attributes that a receive must request, because {@link #of} reads them. */
  public static final List<MessageSystemAttributeName> SYSTEM_ATTRIBUTES =
      List.of(
          MessageSystemAttributeName.SENT_TIMESTAMP,
          MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT);

  /** A delivery for checks that need one without receiving: its random id belongs to no message. */
  public static Delivery sample() {
    String id = UUID.randomUUID().toString();
    return new Delivery(id, id, "", Instant.now(), 1, id, Instant.now(), System.nanoTime());
  }

  /**
   * Reads a received message. For a replay, the ledger id and the date come from its attributes.
   *
   * @param receivedNanos {@link System#nanoTime} before the receive
   * @throws NumberFormatException if the message has no sent timestamp: the receive did not request
   *     {@link #SYSTEM_ATTRIBUTES}
   */
  public static Delivery of(Message message, long receivedNanos) {
    Map<MessageSystemAttributeName, String> system = message.attributes();
    Instant sentAt =
        Instant.ofEpochMilli(Long.parseLong(system.get(MessageSystemAttributeName.SENT_TIMESTAMP)));
    int receiveCount =
        Integer.parseInt(
            system.getOrDefault(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT, "1"));
    String ledgerId = message.messageId();
    Instant originallySentAt = sentAt;
    // Only if both are there: another system may use attributes of these names for something else.
    String sourceId = attribute(message, SOURCE_MESSAGE_ID);
    String sourceSentAt = attribute(message, SENT_AT);
    if (sourceId != null && sourceSentAt != null) {
      try {
        ledgerId = UUID.fromString(sourceId).toString();
        originallySentAt = Instant.parse(sourceSentAt);
      } catch (IllegalArgumentException | DateTimeException e) {
        ledgerId = message.messageId();
      }
    }
    return new Delivery(
        message.messageId(),
        message.receiptHandle(),
        message.body(),
        sentAt,
        receiveCount,
        ledgerId,
        originallySentAt,
        receivedNanos);
  }

  private static String attribute(Message message, String name) {
    MessageAttributeValue value = message.messageAttributes().get(name);
    return value == null ? null : value.stringValue();
  }

  /** Whether the message has been in flight for at least this time. */
  public boolean isOverdue(long limitNanos) {
    return System.nanoTime() - receivedNanos >= limitNanos;
  }

  /** The message id only: the body is personal. */
  @Override
  public String toString() {
    return "Delivery[" + messageId + "]";
  }
}
