package dev.cameleon.dlq;

import dev.cameleon.contract.Violation;
import dev.cameleon.crypto.SealedBody;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.OutgoingMessage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/**
 * A message that can never become a row, on its way to the dead-letter queue: its body, unchanged
 * or sealed, and in its attributes what is wrong with it.
 *
 * @param delivery the message
 * @param reason why
 * @param field the contract's name of the field, or an empty string
 * @param detail the rule or the database's words, without any value
 * @param sqlState the SQLSTATE, or an empty string
 */
public record DeadLetter(
    Delivery delivery, Violation reason, String field, String detail, String sqlState) {

  /**
   * The attribute that says what the body is. Absent, the body is the original, whatever it looks
   * like: a producer can send anything.
   */
  public static final String BODY = "body";

  /** The value of {@link #BODY} for a {@link SealedBody}. */
  public static final String SEALED = "sealed";

  private static final String REASON = "reason";

  /**
   * Attributes in the order in which they are shed when the message would be too large; BODY never.
   * The first message's id comes last, with its date, without which the ledger does not believe it:
   * else a replay of what is loaded already would be a second row.
   */
  private static final List<String> SHED_ORDER =
      List.of(
          "detail",
          "field",
          "sql-state",
          "failed-at",
          "receive-count",
          "source-queue",
          REASON,
          Delivery.SENT_AT,
          Delivery.SOURCE_MESSAGE_ID);

  /** What is sent. */
  record Encoded(DeadLetter of, String body, Map<String, String> attributes, int bytes) {
    Map<String, MessageAttributeValue> values() {
      return OutgoingMessage.values(attributes);
    }

    /** Without the body. */
    @Override
    public String toString() {
      return "Dead letter[" + of + ", " + attributes.keySet() + ", " + bytes + " bytes]";
    }
  }

  /**
   * The dead letter with as many attributes as fit; a sealed body's preview is shed before them.
   *
   * @param sealed the body, if it is sent sealed
   * @param sourceQueue the name of the queue that the message came from
   * @param failedAt now
   * @param maxBytes the largest message of the dead-letter queue
   */
  Encoded encoded(Optional<SealedBody> sealed, String sourceQueue, Instant failedAt, int maxBytes) {
    Map<String, String> attributes = attributes(sourceQueue, failedAt);
    sealed.ifPresent(body -> attributes.put(BODY, SEALED));
    String body = sealed.map(SealedBody::text).orElse(delivery.body());
    if (sealed.isPresent()
        && OutgoingMessage.utf8Length(body) + OutgoingMessage.bytes(attributes) > maxBytes) {
      body = sealed.get().textWithoutPreview();
    }
    int bodyBytes = OutgoingMessage.utf8Length(body);
    List<String> shed = new ArrayList<>(SHED_ORDER);
    if (sealed.isPresent()) {
      shed.remove(REASON); // without it, nobody would take the dead letter for one of ours
    }
    int bytes = bodyBytes + OutgoingMessage.bytes(attributes);
    while (bytes > maxBytes && !shed.isEmpty()) {
      attributes.remove(shed.remove(0));
      bytes = bodyBytes + OutgoingMessage.bytes(attributes);
    }
    return new Encoded(this, body, attributes, bytes);
  }

  private Map<String, String> attributes(String sourceQueue, Instant failedAt) {
    Map<String, String> attributes = new LinkedHashMap<>();
    attributes.put(REASON, reason.name());
    attributes.put("field", field);
    attributes.put("detail", detail);
    attributes.put("sql-state", sqlState);
    attributes.put(Delivery.SOURCE_MESSAGE_ID, delivery.ledgerId());
    attributes.put("source-queue", sourceQueue);
    attributes.put(Delivery.SENT_AT, delivery.originallySentAt().toString());
    attributes.put("failed-at", failedAt.toString());
    attributes.put("receive-count", Integer.toString(delivery.receiveCount()));
    attributes.values().removeIf(String::isEmpty); // SQS refuses an empty attribute
    return attributes;
  }

  /** Without the body. */
  @Override
  public String toString() {
    return "DeadLetter[" + delivery.messageId() + ", " + reason + "]";
  }
}
