package dev.cameleon.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.Violation;
import dev.cameleon.crypto.PrivateKeyFile;
import dev.cameleon.crypto.Recipient;
import dev.cameleon.crypto.RecipientKey;
import dev.cameleon.crypto.SealedBody;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.ReceivedMessages;
import dev.cameleon.support.Recipients;
import dev.cameleon.vault.Vault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of a sealed dead letter is shed when it would be too large, and what never is. */
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
  void anOrdinaryLetterHasTenAttributesAndAPreview() throws Exception {
    DeadLetter.Letter letter = letter("{}", MAX_BYTES);

    assertThat(letter.attributes()).hasSize(10).containsEntry("body", "sealed");
    assertThat(SealedBody.preview(letter.body())).contains("shape of 2");
    assertThat(SealedBody.open(letter.body(), key)).isEqualTo("{}");
    assertThat(letter.bytes())
        .isGreaterThan(utf8(letter.body()))
        .isLessThan(utf8(letter.body()) + 500);
  }

  @Test
  void withoutSealingABodyIsNotCalledSealedWhateverItLooksLike() {
    String lookalike = sealing.seal("{}").text();

    DeadLetter.Letter letter =
        new DeadLetter(ReceivedMessages.delivery(lookalike), Violation.CONTRACT, "", "", "")
            .letter(Optional.empty(), "login-queue", NOW, MAX_BYTES);

    assertThat(letter.body()).isEqualTo(lookalike);
    assertThat(letter.attributes()).doesNotContainKey("body");
  }

  @Test
  void thePreviewIsShedFirst() {
    int whole = letter("{}", MAX_BYTES).bytes();

    DeadLetter.Letter less = letter("{}", whole - 1);

    assertThat(SealedBody.preview(less.body())).isEmpty();
    assertThat(less.attributes()).hasSize(10);
    assertThat(less.bytes()).isLessThan(whole);
  }

  @Test
  void thenTheAttributesButWhatMakesItASealedLetterStays() throws Exception {
    String body = "x".repeat(700_000);
    DeadLetter.Letter whole = letter(body, MAX_BYTES);
    int least = utf8(sealing.seal(body).textWithoutPreview());

    DeadLetter.Letter bare = letter(body, least + 50);

    assertThat(whole.attributes()).hasSize(10);
    assertThat(bare.attributes()).containsOnlyKeys("reason", "body");
    assertThat(bare.bytes()).isLessThanOrEqualTo(least + 50);
    assertThat(SealedBody.open(bare.body(), key)).isEqualTo(body);
  }

  @Test
  void aSealedLetterThatFitsOnlyWithoutItsReasonIsTooLarge() {
    int least = utf8(sealing.seal("{}").textWithoutPreview());

    DeadLetter.Letter letter = letter("{}", least + 20);

    assertThat(letter.attributes()).containsOnlyKeys("reason", "body");
    assertThat(letter.bytes()).isGreaterThan(least + 20);
  }

  @Test
  void whatDoesNotFitSealedIsTooLargeAndNeverTheOriginal() {
    String body = "zanzibar".repeat(100_000); // 800 000 bytes: as it came, it would fit

    DeadLetter.Letter letter = letter(body, MAX_BYTES);

    assertThat(letter.bytes()).isGreaterThan(MAX_BYTES);
    assertThat(letter.body()).doesNotContain("zanzibar");
    assertThat(letter.attributes()).containsEntry("body", "sealed");
  }

  @Test
  void aBodyOfThreeQuartersOfTheQueuesLimitFits() {
    assertThat(letter("x".repeat(MAX_BYTES / 4 * 3 - 2048), MAX_BYTES).bytes())
        .isLessThanOrEqualTo(MAX_BYTES);
  }

  @Test
  void nothingShowsTheBody() {
    assertThat(letter("zanzibar", MAX_BYTES).toString())
        .contains("DeadLetter[")
        .doesNotContain("zanzibar", "sealed_key", "shape");
  }

  private static DeadLetter.Letter letter(String body, int maxBytes) {
    Delivery delivery = ReceivedMessages.delivery(body);
    return new DeadLetter(delivery, Violation.DATA_REJECTED, "ip", "refused", "23514")
        .letter(Optional.of(sealing.seal(body)), "login-queue", NOW, maxBytes);
  }

  private static int utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
