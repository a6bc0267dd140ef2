package dev.cameleon.sqs;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import software.amazon.awssdk.services.sqs.model.Message;
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
 * @param sourceMessage the id in the ledger and the date of the row: the message's own, or for a
 *     replay those of the first message
 * @param attributes its sender's message attributes: personal
 * @param group its place in a FIFO queue; empty for a message of a standard queue
 * @param receivedNanos {@link System#nanoTime} before the receive: the visibility timeout starts
 *     later than this
 */
public record Delivery(
    String messageId,
    String receiptHandle,
    String body,
    Instant sentAt,
    int receiveCount,
    SourceMessage sourceMessage,
    SenderAttributes attributes,
    Optional<MessageGroup> group,
    long receivedNanos) {

  /** The attributes that a receive must request, because {@link #of} reads them. */
  public static final List<MessageSystemAttributeName> SYSTEM_ATTRIBUTES =
      List.of(
          MessageSystemAttributeName.SENT_TIMESTAMP,
          MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT,
          MessageSystemAttributeName.MESSAGE_GROUP_ID,
          MessageSystemAttributeName.SEQUENCE_NUMBER);

  /** A made-up delivery for checks; its random id belongs to no message. */
  public static Delivery sample() {
    return sample(Instant.now());
  }

  /** As {@link #sample()}, with a given time of sending. */
  public static Delivery sample(Instant sentAt) {
    String id = UUID.randomUUID().toString();
    SourceMessage itself = new SourceMessage(id, sentAt);
    return new Delivery(
        id,
        id,
        "",
        itself.sentAt(),
        1,
        itself,
        SenderAttributes.NONE,
        Optional.empty(),
        System.nanoTime());
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
    return new Delivery(
        message.messageId(),
        message.receiptHandle(),
        message.body(),
        sentAt,
        receiveCount,
        SourceMessage.of(message, sentAt),
        SenderAttributes.of(message),
        MessageGroup.of(system),
        receivedNanos);
  }

  /** Whether the message has been in flight for at least this time. */
  public boolean isOverdue(long limitNanos) {
    return System.nanoTime() - receivedNanos >= limitNanos;
  }

  /** Shows only the message id, because the body is personal. */
  @Override
  public String toString() {
    return "Delivery[" + messageId + "]";
  }
}
