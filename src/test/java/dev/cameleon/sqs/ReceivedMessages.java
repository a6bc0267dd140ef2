package dev.cameleon.sqs;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.Exchange;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/** Puts messages in flight as if they had been received. */
public final class ReceivedMessages {
  private ReceivedMessages() {}

  /** One message with this body; returns its receipt handle. */
  public static String one(InFlightMessages deliveries, String body) {
    Message message = message(body);
    deliveries.receive(List.of(message), System.nanoTime());
    return message.receiptHandle();
  }

  /** Registers messages that a test received itself. */
  public static void these(
      InFlightMessages deliveries, List<Message> messages, long receivedNanos) {
    deliveries.receive(messages, receivedNanos);
  }

  /** Makes the exchange stand for a message in flight, as if the ingest route had begun. */
  public static void as(Exchange exchange, InFlightMessages deliveries) {
    Message message = message("original");
    deliveries.receive(List.of(message), System.nanoTime());
    DeliveryTracking.take(exchange, Delivery.of(message, System.nanoTime()));
  }

  public static Message message(String body) {
    String id = UUID.randomUUID().toString();
    return Message.builder()
        .messageId(id)
        .receiptHandle("receipt-" + id)
        .body(body)
        .attributes(
            Map.of(
                MessageSystemAttributeName.SENT_TIMESTAMP,
                "1767225599000",
                MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT,
                "2"))
        .build();
  }

  /** A replay of a message: another message with the same id in the ledger. */
  public static Delivery replay(Delivery original) {
    Delivery replay = delivery("replay");
    return new Delivery(
        replay.messageId(),
        replay.receiptHandle(),
        replay.body(),
        replay.sentAt(),
        1,
        original.sourceMessage(),
        replay.attributes(),
        replay.group(),
        replay.receivedNanos());
  }

  public static Delivery delivery(String body) {
    return Delivery.of(message(body), System.nanoTime());
  }
}
