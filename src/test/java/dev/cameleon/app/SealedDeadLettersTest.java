package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.crypto.PrivateKeyFile;
import dev.cameleon.crypto.RecipientKey;
import dev.cameleon.crypto.SealedBody;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.model.Message;

/** Sealed dead letters from queue to queue: nothing personal is visible, nothing is lost. */
class SealedDeadLettersTest {
  private static final String ADDRESS = "203.0.113.77";
  private static final String DEVICE = "987-65-4321";
  private static final String WORD = "zanzibar";
  private static final List<String> PLANTED = List.of(ADDRESS, DEVICE, "987654321", WORD);
  private static final Pattern BASE64 = Pattern.compile("[A-Za-z0-9_-]{16,}");

  @TempDir private Path folder;

  private RecipientKey anna;
  private Site site;

  @BeforeEach
  void sealToAnna() throws Exception {
    anna = PrivateKeyFile.read(Recipients.add(folder, "anna"));
    site =
        Site.in(folder)
            .with("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString())
            .with("CAMELEON_DEAD_LETTER_BODY", "sealed")
            .with("CAMELEON_DEAD_LETTER_BRAKE", "100");
    site.migrate();
    site.database().execute("ALTER TABLE user_logins ADD CHECK (device_type <> 'refused')");
  }

  @Test
  void eachReasonsBodyIsSealedAndNoPlantedValueIsInAnyDeadLetterOrLog() throws Exception {
    RecipientKey ben = PrivateKeyFile.read(Recipients.add(folder, "ben"));
    List<String> ids = site.queues().send(malformed());

    Program.Result result = Program.run(site.environment(), folder, "--until-empty");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains("Dead letters: sealed to [");
    nothingPlantedIn("the log", result.err());
    List<Message> deadLetters = site.queues().takeDeadLetters();
    Map<String, String> opened = new HashMap<>();
    for (Message deadLetter : deadLetters) {
      nothingPlantedIn("the body", deadLetter.body());
      nothingPlantedIn("what is in base64", decoded(deadLetter.body()));
      deadLetter
          .messageAttributes()
          .forEach((name, value) -> nothingPlantedIn(name, value.stringValue()));
      assertThat(TestQueues.attribute(deadLetter, "body")).isEqualTo("sealed");
      assertThat(deadLetter.messageAttributes()).hasSizeLessThanOrEqualTo(10);
      assertThat(SealedBody.preview(deadLetter.body())).isPresent();
      String id = TestQueues.attribute(deadLetter, "source-message-id");
      opened.put(id, SealedBody.open(deadLetter.body(), anna));
      assertThat(SealedBody.open(deadLetter.body(), ben)).isEqualTo(opened.get(id));
    }
    assertThat(deadLetters)
        .extracting(deadLetter -> TestQueues.attribute(deadLetter, "reason"))
        .contains("NOT_JSON", "CONTRACT", "DATA_REJECTED");
    assertThat(ids.stream().map(opened::get)).containsExactlyElementsOf(malformed());
  }

  @Test
  void thePreviewIsTheShapeOfTheBody() throws Exception {
    site.queues().send(List.of(planted().put("ip", "203.0.113.777").toString()));

    try (Run run = Run.on(site)) {
      run.await(Outcome.DEAD_LETTERED, 1);
    }

    Message deadLetter = site.queues().takeDeadLetters().get(0);
    assertThat(SealedBody.preview(deadLetter.body()).orElseThrow())
        .contains("\"ip\": \"•••.•.•••.•••\"", "\"device_id\": \"•••-••-••••\"");
    assertThat(TestQueues.attribute(deadLetter, "field")).isEqualTo("ip");
  }

  @Test
  void anOpenedAndReplayedMessageIsLoadedOnceUnderItsFirstIdAndDate() throws Exception {
    site.queues()
        .send(
            planted().put("device_type", "refused").toString(),
            Map.of(
                "source-message-id",
                "6a1c2f1e-0000-4000-8000-000000000001",
                "sent-at",
                "2026-01-31T23:59:59Z"));
    try (Run run = Run.on(site)) {
      run.await(Outcome.DEAD_LETTERED, 1);
      Message deadLetter = site.queues().takeDeadLetters().get(0);
      site.database()
          .execute("ALTER TABLE user_logins DROP CONSTRAINT user_logins_device_type_check");
      String body = SealedBody.open(deadLetter.body(), anna);
      Map<String, String> replay =
          Map.of(
              "source-message-id",
              TestQueues.attribute(deadLetter, "source-message-id"),
              "sent-at",
              TestQueues.attribute(deadLetter, "sent-at"));
      site.queues().send(body, replay);
      site.queues().send(body, replay);
      run.await(Outcome.LOADED, 1).await(Outcome.DUPLICATE, 1);
    }

    assertThat(site.database().query("SELECT device_type, create_date FROM user_logins"))
        .containsExactly(List.of("refused", "2026-01-31"));
    assertThat(site.queues().deadLetters() + site.queues().left()).isZero();
  }

  @Test
  void aSealedMessageMovedBackUnchangedIsSealedAgainAndOpenedToItsCore() throws Exception {
    String original = planted().put("device_type", "refused").toString();
    site.queues().send(List.of(original));
    try (Run run = Run.on(site)) {
      run.await(Outcome.DEAD_LETTERED, 1);
      // As SQS's StartMessageMoveTask does: body and attributes unchanged.
      Message moved = site.queues().takeDeadLetters().get(0);
      Map<String, String> attributes = new HashMap<>();
      moved.messageAttributes().forEach((name, value) -> attributes.put(name, value.stringValue()));
      site.queues().send(moved.body(), attributes);
      run.await(Outcome.DEAD_LETTERED, 2);
      Message again = site.queues().takeDeadLetters().get(0);

      assertThat(TestQueues.attribute(again, "source-message-id"))
          .isEqualTo(TestQueues.attribute(moved, "source-message-id"));
      assertThat(SealedBody.open(again.body(), anna)).isEqualTo(original);
    }
  }

  @Test
  void aBodyTooLargeToSealIsNeverSentUnsealedAndSqsMovesIt() throws Exception {
    site.queues().redrive(1);
    String large = "[" + WORD.repeat(97_500) + "]"; // 780 000 bytes: sealed, just below 1 MiB
    String tooLarge = "[" + WORD.repeat(125_000) + "]"; // 1 000 000 bytes
    site.queues().send(List.of(large));
    site.queues().send(List.of(tooLarge));

    try (Run run = Run.on(site)) {
      run.await(Outcome.DEAD_LETTERED, 1).await(Outcome.RETURNED, 1);
      // It reappears after 5 s, and SQS moves it instead of delivering it again.
      Awaitility.await()
          .atMost(java.time.Duration.ofSeconds(60))
          .until(() -> site.queues().deadLetters() == 2);
    }

    assertThat(site.messages()).as("queue + rows + dead letters").isEqualTo(2);
    Map<Boolean, Message> deadLetters = new HashMap<>();
    site.queues()
        .takeDeadLetters()
        .forEach(
            deadLetter -> deadLetters.put(deadLetter.messageAttributes().isEmpty(), deadLetter));
    assertThat(TestQueues.attribute(deadLetters.get(false), "body")).isEqualTo("sealed");
    assertThat(SealedBody.open(deadLetters.get(false).body(), anna)).isEqualTo(large);
    assertThat(deadLetters.get(true).body()).isEqualTo(tooLarge);
  }

  private static com.fasterxml.jackson.databind.node.ObjectNode planted() {
    return Events.login(1).put("ip", ADDRESS).put("device_id", DEVICE).put(WORD, WORD);
  }

  private static List<String> malformed() {
    List<String> bodies = new ArrayList<>();
    String good = planted().toString();
    bodies.add(good + WORD);
    bodies.add(good.replace("{", "{" + WORD));
    bodies.add(good.replace("}", ",\"ip\":\"" + ADDRESS + "\"}"));
    bodies.add(WORD);
    bodies.add("\"" + ADDRESS + "\"");
    bodies.add("[".repeat(5000) + "\"" + WORD + "\"" + "]".repeat(5000));
    bodies.add(good.replace("}", ",\"x\":{\"" + WORD + "\":[\"" + ADDRESS + "\"]}"));
    bodies.add(planted().put("ip", ADDRESS + "." + WORD).toString());
    bodies.add(planted().put("device_id", DEVICE.repeat(20)).toString());
    bodies.add(planted().put("app_version", WORD).put(DEVICE, 1).toString());
    bodies.add(planted().put("locale", 1).put("user_id", WORD.repeat(20)).toString());
    bodies.add(planted().put("device_type", "refused").toString());
    bodies.add(planted().put("user_id", "HERE").toString().replace("HERE", WORD + "\\u0000"));
    bodies.add(planted().put("user_id", "HERE").toString().replace("HERE", WORD + "\\ud800"));
    return bodies;
  }

  private static String decoded(String body) {
    StringBuilder decoded = new StringBuilder();
    Matcher base64 = BASE64.matcher(body);
    while (base64.find()) {
      String text = base64.group().substring(0, base64.group().length() / 4 * 4);
      decoded.append(
          new String(
              Base64.getUrlDecoder().decode(text), java.nio.charset.StandardCharsets.ISO_8859_1));
    }
    return decoded.toString();
  }

  private static void nothingPlantedIn(String where, String text) {
    for (String value : PLANTED) {
      assertThat(text.contains(value)).as("%s contains %s", where, value).isFalse();
    }
  }
}
