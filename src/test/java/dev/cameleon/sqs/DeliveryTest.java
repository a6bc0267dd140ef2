package dev.cameleon.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

class DeliveryTest {
  private static final String FIRST = "6a1c2f1e-0000-4000-8000-000000000001";

  @Test
  void aMessageIsKnownByItsOwnIdAndTime() {
    Message message = ReceivedMessages.message("{}");

    Delivery delivery = Delivery.of(message, 0);

    assertThat(delivery.sourceMessage().id()).isEqualTo(message.messageId());
    assertThat(delivery.sourceMessage().sentAt()).isEqualTo("2025-12-31T23:59:59Z");
    assertThat(delivery.receiveCount()).isEqualTo(2);
  }

  @Test
  void aReplayIsKnownByTheFirstIdAndTime() {
    Delivery delivery = replay(FIRST.toUpperCase(java.util.Locale.ROOT), "2026-01-02T03:04:05Z");

    assertThat(delivery.sourceMessage().id()).isEqualTo(FIRST);
    assertThat(delivery.sourceMessage().sentAt()).isEqualTo("2026-01-02T03:04:05Z");
    assertThat(delivery.sentAt()).isEqualTo("2025-12-31T23:59:59Z");
  }

  @ParameterizedTest
  @CsvSource({
    "not-a-uuid, 2026-01-02T03:04:05Z",
    "6a1c2f1e-0000-4000-8000-000000000001, yesterday",
    "6a1c2f1e-0000-4000-8000-000000000001, ",
    ", 2026-01-02T03:04:05Z"
  })
  void attributesOfTheseNamesThatAreNotOursAreNotBelieved(String id, String sentAt) {
    Delivery delivery = replay(id, sentAt);

    assertThat(delivery.sourceMessage().id()).isEqualTo(delivery.messageId());
    assertThat(delivery.sourceMessage().sentAt()).isEqualTo("2025-12-31T23:59:59Z");
  }

  private static Delivery replay(String id, String sentAt) {
    Map<String, MessageAttributeValue> attributes = new java.util.HashMap<>();
    if (id != null) {
      attributes.put("source-message-id", text(id));
    }
    if (sentAt != null) {
      attributes.put("sent-at", text(sentAt));
    }
    return Delivery.of(
        ReceivedMessages.message("{}").toBuilder().messageAttributes(attributes).build(), 0);
  }

  private static MessageAttributeValue text(String value) {
    return MessageAttributeValue.builder().dataType("String").stringValue(value).build();
  }
}
