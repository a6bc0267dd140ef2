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
 * One receipt of one message. The same message received twice is two deliveries.
 *
 * @param messageId the id that SQS gave the message
 * @param receiptHandle what SQS wants back to delete it
 * @param body the original body: personal, never logged
 * @param sentAt when it was sent to the source queue
 * @param receiveCount how often it was received, this time included
 * @param ledgerId under which id the ledger knows it: its own, or the first one's of a replay
 * @param originallySentAt the date that its row gets: of the first sending, if this is a replay
 * @param receivedNanos {@link System#nanoTime} before it was received: its visibility timeout
 *     starts later than this
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

  /** The attribute of a dead letter, and of its replay, that names the first message. */
  public static final String SOURCE_MESSAGE_ID = "source-message-id";

  /** The attribute with the first message's time of sending, ISO 8601 in UTC. */
  public static final String SENT_AT = "sent-at";

  /** What a receive must ask for, or {@link #of} does not know the message. */
  public static final List<MessageSystemAttributeName> SYSTEM_ATTRIBUTES =
      List.of(
          MessageSystemAttributeName.SENT_TIMESTAMP,
          MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT);

  /** Stands for a message where none was received, under an id that no message has. */
  public static Delivery sample() {
    String id = UUID.randomUUID().toString();
    return new Delivery(id, id, "", Instant.now(), 1, id, Instant.now(), System.nanoTime());
  }

  public static Delivery of(Message message, long receivedNanos) {
    Map<MessageSystemAttributeName, String> system = message.attributes();
    Instant sentAt =
        Instant.ofEpochMilli(Long.parseLong(system.get(MessageSystemAttributeName.SENT_TIMESTAMP)));
    int receiveCount =
        Integer.parseInt(
            system.getOrDefault(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT, "1"));
    String ledgerId = message.messageId();
    Instant originallySentAt = sentAt;
    // Both or none: another system's attributes of these names are not ours to believe.
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

  /** Whether it was in flight for so long that it must be returned. */
  public boolean isOverdue(long limitNanos) {
    return System.nanoTime() - receivedNanos >= limitNanos;
  }

  /** Names the message only: the body is personal. */
  @Override
  public String toString() {
    return "Delivery[" + messageId + "]";
  }
}
