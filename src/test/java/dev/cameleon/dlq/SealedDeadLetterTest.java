package dev.cameleon.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.Violation;
import dev.cameleon.crypto.PrivateKeyFile;
import dev.cameleon.crypto.Recipient;
import dev.cameleon.crypto.RecipientKey;
import dev.cameleon.crypto.SealedBody;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.OutgoingMessage;
import dev.cameleon.sqs.ReceivedMessages;
import dev.cameleon.support.Recipients;
import dev.cameleon.vault.Vault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The parts of a sealed dead letter that are dropped when it would be too large, and those that
 * never are.
 */
class SealedDeadLetterTest {
  private static final int MAX_BYTES = 1024 * 1024;
  private static final Instant NOW = Instant.parse("2026-02-03T04:05:06Z");

  @TempDir private static Path folder;
  private static RecipientKey key;
  private static BodySealing sealing;

  @BeforeAll
  static void makeARecipient() throws Exception {
    key = PrivateKeyFile.read(Recipients.add(folder, "anna"));
    Vault vault = new Vault(Recipient.read(folder.resolve("recipients")));
    sealing = new BodySealing(vault, body -> "shape of " + body.length());
  }

  @Test
  void anOrdinaryDeadLetterHasTenAttributesAndAPreview() throws Exception {
    OutgoingMessage encoded = encoded("{}", MAX_BYTES);

    assertThat(encoded.attributes()).hasSize(10).containsEntry("body", "sealed");
    assertThat(SealedBody.preview(encoded.body())).contains("shape of 2");
    assertThat(SealedBody.open(encoded.body(), key)).isEqualTo("{}");
    assertThat(encoded.bytes())
        .isGreaterThan(utf8(encoded.body()))
        .isLessThan(utf8(encoded.body()) + 500);
  }

  @Test
  void anUnsealedBodyIsNeverMarkedAsSealed() {
    String lookalike = sealing.seal("{}").text();

    OutgoingMessage encoded =
        DeadLetterCodec.write(
            new DeadLetter(ReceivedMessages.delivery(lookalike), Violation.CONTRACT, "", "", ""),
            new DeadLetterCodec.Format(Optional.empty(), Set.of(), "login-queue", MAX_BYTES),
            NOW);

    assertThat(encoded.body()).isEqualTo(lookalike);
    assertThat(encoded.attributes()).doesNotContainKey("body");
  }

  @Test
  void thePreviewIsShedFirst() {
    int whole = encoded("{}", MAX_BYTES).bytes();

    OutgoingMessage less = encoded("{}", whole - 1);

    assertThat(SealedBody.preview(less.body())).isEmpty();
    assertThat(less.attributes()).hasSize(10);
    assertThat(less.bytes()).isLessThan(whole);
  }

  @Test
  void thenTheAttributesExceptThoseOfASealedDeadLetter() throws Exception {
    String body = "x".repeat(700_000);
    OutgoingMessage whole = encoded(body, MAX_BYTES);
    int least = utf8(sealing.seal(body).textWithoutPreview());

    OutgoingMessage bare = encoded(body, least + 50);

    assertThat(whole.attributes()).hasSize(10);
    assertThat(bare.attributes()).containsOnlyKeys("reason", "body");
    assertThat(bare.bytes()).isLessThanOrEqualTo(least + 50);
    assertThat(SealedBody.open(bare.body(), key)).isEqualTo(body);
  }

  @Test
  void aSealedDeadLetterThatFitsOnlyWithoutItsReasonIsTooLarge() {
    int least = utf8(sealing.seal("{}").textWithoutPreview());

    OutgoingMessage encoded = encoded("{}", least + 20);

    assertThat(encoded.attributes()).containsOnlyKeys("reason", "body");
    assertThat(encoded.bytes()).isGreaterThan(least + 20);
  }

  @Test
  void aBodyThatDoesNotFitSealedIsTooLargeAndNeverSentUnsealed() {
    String body = "zanzibar".repeat(100_000); // 800 000 bytes, which would fit unsealed

    OutgoingMessage encoded = encoded(body, MAX_BYTES);

    assertThat(encoded.bytes()).isGreaterThan(MAX_BYTES);
    assertThat(encoded.body()).doesNotContain("zanzibar");
    assertThat(encoded.attributes()).containsEntry("body", "sealed");
  }

  @Test
  void aBodyOfThreeQuartersOfTheQueuesLimitFits() {
    assertThat(encoded("x".repeat(MAX_BYTES / 4 * 3 - 2048), MAX_BYTES).bytes())
        .isLessThanOrEqualTo(MAX_BYTES);
  }

  @Test
  void nothingShowsTheBody() {
    assertThat(encoded("zanzibar", MAX_BYTES).toString())
        .contains("OutgoingMessage[")
        .doesNotContain("zanzibar", "encrypted_key", "shape");
  }

  private static OutgoingMessage encoded(String body, int maxBytes) {
    Delivery delivery = ReceivedMessages.delivery(body);
    return DeadLetterCodec.write(
        new DeadLetter(delivery, Violation.DATA_REJECTED, "ip", "refused", "23514"),
        new DeadLetterCodec.Format(Optional.of(sealing), Set.of(), "login-queue", maxBytes),
        NOW);
  }

  private static int utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
