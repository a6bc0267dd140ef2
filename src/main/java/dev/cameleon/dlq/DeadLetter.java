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
 * or sealed, and attributes that say what is wrong with it.
 *
 * @param delivery the message
 * @param reason the kind of fault
 * @param field the contract's name of the field, or an empty string
 * @param detail the violated rule or the database's message, without any value
 * @param sqlState the SQLSTATE, or an empty string
 */
public record DeadLetter(
    Delivery delivery, Violation reason, String field, String detail, String sqlState) {

  /**
   * The attribute with the format of the body. If it is absent the body is the original, whatever
   * it looks like: a producer can send anything.
   */
  public static final String BODY = "body";

  /** The value of {@link #BODY} for a {@link SealedBody}. */
  public static final String SEALED = "sealed";

  private static final String REASON = "reason";

  /**
   * The order in which attributes are dropped when the message would be too large; BODY never is.
   * The first message's id is dropped last, with its date, because the ledger needs both: without
   * them, a replay of a loaded message would become a second row.
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

  /** The message as it is sent. */
  record Encoded(DeadLetter of, String body, Map<String, String> attributes, int bytes) {
    Map<String, MessageAttributeValue> values() {
      return OutgoingMessage.values(attributes);
    }

    /** Without the body, which is personal. */
    @Override
    public String toString() {
      return "Dead letter[" + of + ", " + attributes.keySet() + ", " + bytes + " bytes]";
    }
  }

  /**
   * The dead letter with as many attributes as fit; a sealed body's preview is dropped first.
   *
   * @param sealed the sealed body; empty: the body is sent as it came
   * @param sourceQueue the name of the queue that the message came from
   * @param failedAt the time of the failure
   * @param maxBytes the largest message that the dead-letter queue accepts
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
      shed.remove(REASON); // without it, no reader would recognize the dead letter as Cameleon's
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

  /** Without the body, which is personal. */
  @Override
  public String toString() {
    return "DeadLetter[" + delivery.messageId() + ", " + reason + "]";
  }
}
