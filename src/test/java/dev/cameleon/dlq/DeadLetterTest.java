package dev.cameleon.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.Violation;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.OutgoingMessage;
import dev.cameleon.sqs.ReceivedMessages;
import dev.cameleon.sqs.SqsErrors;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;

class DeadLetterTest {
  private static final int MAX_BYTES = 256 * 1024;
  private static final Instant NOW = Instant.parse("2026-02-03T04:05:06Z");

  @Test
  void theAttributesDescribeTheFault() {
    Delivery delivery = ReceivedMessages.delivery("{}");

    OutgoingMessage encoded =
        DeadLetterCodec.write(
            new DeadLetter(delivery, Violation.CONTRACT, "ip", "required, but missing", ""),
            new DeadLetterCodec.Format(Optional.empty(), Set.of(), "login-queue", MAX_BYTES),
            NOW);

    assertThat(encoded.attributes())
        .containsEntry("reason", "CONTRACT")
        .containsEntry("field", "ip")
        .containsEntry("detail", "required, but missing")
        .containsEntry("source-message-id", delivery.messageId())
        .containsEntry("source-queue", "login-queue")
        .containsEntry("sent-at", "2025-12-31T23:59:59Z")
        .containsEntry("failed-at", "2026-02-03T04:05:06Z")
        .containsEntry("receive-count", "2")
        .doesNotContainKey("sql-state")
        .hasSizeLessThanOrEqualTo(10);
    assertThat(encoded.bytes()).isLessThanOrEqualTo(MAX_BYTES);
  }

  @Test
  void attributesAreShedUntilItFitsAndTheIdIsShedLast() {
    String almostFull = "x".repeat(MAX_BYTES - 60);
    String fuller = "x".repeat(MAX_BYTES - 100);
    assertThat(encoded(fuller).attributes()).containsOnlyKeys("source-message-id", "sent-at");
    String full = "x".repeat(MAX_BYTES - 10);

    OutgoingMessage some = encoded(almostFull);
    OutgoingMessage none = encoded(full);

    assertThat(some.attributes()).containsOnlyKeys("source-message-id");
    assertThat(some.bytes()).isLessThanOrEqualTo(MAX_BYTES);
    assertThat(none.attributes()).isEmpty();
    assertThat(none.bytes()).isLessThanOrEqualTo(MAX_BYTES);
  }

  @Test
  void bytesAreCountedNotCharacters() {
    assertThat(encoded("ü".repeat(MAX_BYTES / 2 - 32)).attributes()).hasSize(1);
    assertThat(encoded("ü".repeat(MAX_BYTES / 2 + 1)).bytes()).isGreaterThan(MAX_BYTES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "KmsThrottled",
        "KMS.DisabledException",
        "RequestThrottled",
        "AWS.SimpleQueueService.RequestThrottled",
        "ThrottlingException",
        "OverLimit",
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredTokenException",
        "ServiceUnavailable",
        "InternalError"
      })
  void aFailureOfKeyRightsOrRateIsNotARefusalOfTheDeadLetter(String code) {
    assertThat(SqsErrors.isForGood(entry(code))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "InvalidMessageContents",
        "InvalidParameterValue",
        "ReceiptHandleIsInvalid",
        "AWS.SimpleQueueService.UnsupportedOperation",
        "InvalidTokenInBody" // no code of SQS: a word in it does not make it another's fault
      })
  void anyOtherFaultOfTheSenderIsARefusal(String code) {
    assertThat(SqsErrors.isForGood(entry(code))).isTrue();
  }

  private static BatchResultErrorEntry entry(String code) {
    return BatchResultErrorEntry.builder().id("0").code(code).senderFault(true).build();
  }

  @Test
  void nothingShowsTheBody() {
    Delivery delivery = ReceivedMessages.delivery("zanzibar");

    assertThat(delivery + "" + new DeadLetter(delivery, Violation.NOT_JSON, "", "empty", ""))
        .doesNotContain("zanzibar")
        .contains(delivery.messageId());
  }

  private static OutgoingMessage encoded(String body) {
    return DeadLetterCodec.write(
        new DeadLetter(ReceivedMessages.delivery(body), Violation.NOT_JSON, "", "broken", ""),
        new DeadLetterCodec.Format(Optional.empty(), Set.of(), "login-queue", MAX_BYTES),
        NOW);
  }
}
