package dev.cameleon.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.Violation;
import dev.cameleon.crypto.PrivateKeyFile;
import dev.cameleon.crypto.Recipient;
import dev.cameleon.crypto.RecipientKey;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.OutgoingMessage;
import dev.cameleon.sqs.SenderAttributes;
import dev.cameleon.support.Recipients;
import dev.cameleon.vault.Vault;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/** The sender's attributes in a dead letter as its room shrinks to nothing. */
class AttributesInDeadLettersTest {
  private static final Set<String> NEEDED = Set.of("tenant", "place");

  @TempDir private Path folder;
  private RecipientKey key;
  private BodySealing sealing;

  @BeforeEach
  void makeARecipient() throws Exception {
    key = PrivateKeyFile.read(Recipients.add(folder, "anna"));
    sealing =
        new BodySealing(new Vault(Recipient.read(folder.resolve("recipients"))), body -> "a shape");
  }

  private static OutgoingMessage write(Optional<BodySealing> sealing, int maxBytes) {
    Map<String, MessageAttributeValue> attributes = new LinkedHashMap<>();
    for (String name : List.of("small", "tenant", "large", "place")) {
      attributes.put(
          name,
          MessageAttributeValue.builder()
              .dataType("String")
              .stringValue("x".repeat(name.equals("large") ? 900 : 300))
              .build());
    }
    Message message =
        Message.builder()
            .messageId(UUID.randomUUID().toString())
            .body("{}")
            .attributes(Map.of(MessageSystemAttributeName.SENT_TIMESTAMP, "1"))
            .messageAttributes(attributes)
            .build();
    return DeadLetterCodec.write(
        new DeadLetter(Delivery.of(message, 0), Violation.CONTRACT, "ip", "y".repeat(400), ""),
        new DeadLetterCodec.Format(sealing, NEEDED, "login-queue", maxBytes),
        Instant.now());
  }

  private SenderAttributes read(OutgoingMessage written) {
    Map<String, MessageAttributeValue> values = new LinkedHashMap<>();
    written
        .attributes()
        .forEach(
            (name, text) ->
                values.put(
                    name,
                    MessageAttributeValue.builder().dataType("String").stringValue(text).build()));
    return new Bodies(Optional.of(key))
        .attributes(
            DeadLetterCodec.read(
                Message.builder()
                    .messageId("id")
                    .body(written.body())
                    .messageAttributes(values)
                    .build()))
        .orElseThrow();
  }

  @Test
  void thoseThatTheContractNeedsStayLongestAndTheOthersAreNamed() {
    check(Optional.empty());
  }

  @Test
  void sealedAttributesAreDroppedInTheSameOrder() {
    check(Optional.of(sealing));
  }

  private void check(Optional<BodySealing> how) {
    int whole = write(how, 1 << 20).bytes();
    boolean someNamed = false;
    boolean allNamed = false;
    for (int max = whole; max > 150; max -= 7) {
      OutgoingMessage written = write(how, max);
      if (how.isEmpty()) {
        assertThat(written.bytes()).isLessThanOrEqualTo(max);
      } else if (written.bytes() > max) {
        break; // the sealed body alone is too large, so the message returns to the queue
      }
      if (!written.attributes().containsKey(SenderAttributes.PACKED)) {
        assertThat(written.attributes()).doesNotContainKeys("detail", "source-message-id");
        continue;
      }
      SenderAttributes read = read(written);
      int count = read.values().size();
      if (count < 4 && !read.leftOut().contains(SenderAttributes.ALL)) {
        assertThat(read.leftOut()).hasSize(4 - count);
      }
      if (read.values().containsKey("small")) {
        assertThat(read.values()).containsKeys("tenant", "place");
        assertThat(written.attributes()).containsKey("detail");
        someNamed |= count == 3;
      }
      if (count < 2) {
        assertThat(written.attributes()).doesNotContainKey("detail");
        allNamed = true;
      }
    }
    assertThat(someNamed).isTrue();
    assertThat(allNamed || how.isPresent()).isTrue();
  }

  @Test
  void oneThatLacksAttributesIsReplayedByItsIdOnly() {
    SenderAttributes less = SenderAttributes.NONE.without("tenant");
    Instant now = Instant.now();
    ReceivedDeadLetter deadLetter =
        new ReceivedDeadLetter(
            "id",
            DeadLetterReason.CONTRACT,
            "",
            "",
            "",
            "id",
            "",
            now,
            now,
            1,
            false,
            "{}",
            less.text(),
            "");

    ReplaySelection by =
        new ReplaySelection(new Bodies(Optional.empty()), "q", 1000, now.minusSeconds(9), false);
    ReplaySelection byId =
        new ReplaySelection(new Bodies(Optional.empty()), "q", 1000, now.minusSeconds(9), true);

    assertThat(by.select(List.of(deadLetter))).isEmpty();
    assertThat(by.left()).containsOnlyKeys(SkipReason.INCOMPLETE);
    assertThat(byId.select(List.of(deadLetter))).hasSize(1);
  }
}
