package dev.cameleon.cli.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.BodyShape;
import dev.cameleon.contract.Contract;
import dev.cameleon.contract.Violation;
import dev.cameleon.support.Commands;
import dev.cameleon.support.DeadLetterBox;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Plants personal values in every position of dead letters and searches all output of the dlq
 * commands without {@code --raw}. A new command needs one more line.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DlqOutputLeakTest {
  private static final String ADDRESS = "203.0.113.77";
  private static final String DEVICE = "987-65-4321";
  static final String WORD = "zanzibar";
  static final List<String> PLANTED =
      List.of(ADDRESS, "203.0", "113.77", DEVICE, "987654321", "987-65", "65-4321", WORD, "anzi");

  /** A placeholder for the id of a dead letter; the command runs for some of every kind. */
  private static final String SOME_ID = "ID";

  private final List<String> ids = new ArrayList<>();
  private Site site;

  @BeforeAll
  void plant(@TempDir Path folder) {
    site = Site.in(folder);
    DeadLetterBox box = DeadLetterBox.of(site.queues());
    Instant now = Instant.now();
    for (String body : bodies()) {
      ids.add(box.send(body, DeadLetterBox.attributes(Violation.CONTRACT, "ip", now)));
    }
    // Messages from another sender, whose attributes are not ours.
    Map<String, String> foreign = DeadLetterBox.attributes(Violation.CONTRACT, ADDRESS, now);
    foreign.put("sql-state", DEVICE);
    foreign.put("source-message-id", WORD);
    foreign.put("failed-at", WORD);
    foreign.put("receive-count", DEVICE);
    ids.add(box.send(bodies().get(0), foreign));
    ids.add(box.send(bodies().get(0), Map.of(WORD, WORD, "field", ADDRESS)));
    ids.add(box.send(bodies().get(0), Map.of("reason", WORD, "detail", ADDRESS)));
    // Messages in our form that are not ours.
    Map<String, String> alike = DeadLetterBox.attributes(Violation.CONTRACT, WORD, now);
    alike.put("source-queue", ADDRESS);
    ids.add(box.send(bodies().get(0), alike));
    Map<String, String> sealed = DeadLetterBox.attributes(Violation.CONTRACT, "ip", now);
    sealed.put("body", "sealed");
    ids.add(box.send(strangersSealedBody(), sealed));
    redrive(box);
  }

  /** A sealed body as anybody can write it, whose preview is not a shape. */
  static String strangersSealedBody() {
    String header =
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"typ\":\"cameleon-body\",\"v\":2}";
    return "{\"protected\":\""
        + Base64.getUrlEncoder().encodeToString(header.getBytes(StandardCharsets.US_ASCII))
        + "\",\"unprotected\":{\"preview\":\"{\\n  \\\"ip\\\": \\\""
        + ADDRESS
        + "\\\"\\n}\"}}";
  }

  /** Sends a message with attributes like ours, which SQS itself moves. */
  private void redrive(DeadLetterBox box) {
    site.queues().redrive(1);
    ids.add(
        site.queues()
            .send(
                bodies().get(0),
                Map.of(
                    "reason", "CONTRACT",
                    "field", ADDRESS,
                    "detail", DEVICE,
                    "source-queue", WORD,
                    "sql-state", "23505")));
    long deadLetters = ids.size();
    Awaitility.await()
        .until(
            () -> {
              Shared.sqs()
                  .client()
                  .receiveMessage(r -> r.queueUrl(site.queues().sourceUrl()).visibilityTimeout(0));
              return box.visible() == deadLetters;
            });
  }

  static List<String> bodies() {
    String good =
        Events.login(1).put("ip", ADDRESS).put("device_id", DEVICE).put(WORD, WORD).toString();
    return List.of(
        good,
        good + WORD,
        good.replace("{", "{" + WORD),
        "[" + good + "]",
        "{\"ip\":" + good + ",\"locale\":[\"" + ADDRESS + "\",[" + good + "]]}",
        good.replace("}", ",\"ip\":\"" + ADDRESS + "\"}"),
        good.substring(0, good.length() - 4),
        WORD,
        "\"" + ADDRESS + "\"",
        "987654321",
        "{\"app_version\":987654321,\"" + ADDRESS + "\":{\"" + WORD + "\":true}}",
        "{\"ip\":\"" + ADDRESS + "\\u0000\\ud800" + WORD + "\"}",
        "{\"ip\":\"" + ADDRESS + "\n" + WORD + "\"}",
        "{\"ip\":\"" + WORD.repeat(1000) + "\"}",
        "[".repeat(40) + "\"" + WORD + "\"",
        "<ip>" + ADDRESS + "</ip>");
  }

  /**
   * Ids of well-formed, malformed and nested bodies, of messages from others, and of messages that
   * SQS moved.
   */
  private List<String> some() {
    int last = ids.size() - 1;
    return List.of(ids.get(0), ids.get(2), ids.get(4), ids.get(last - 3), ids.get(last));
  }

  @Test
  void nothingPlantedIsInTheShapeOfAnyBody() throws Exception {
    Path contract = site.folder().resolve("routes/login.schema.json");
    BodyShape redaction = new BodyShape(Contract.read(contract).fields());
    for (String body : bodies()) {
      assertNothingPlanted(body.length() + " characters", redaction.of(body));
    }
  }

  private static void assertNothingPlanted(String what, String written) {
    String text = written.toLowerCase(Locale.ROOT);
    for (String value : PLANTED) {
      assertThat(text.contains(value)).as("%s shows %s", what, value).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "list",
        "list --json",
        "list --each",
        "list --each --json",
        "show ID",
        "show ID --json",
      })
  void nothingPlantedIsShown(String command) throws Exception {
    List<String> targets = command.contains(SOME_ID) ? some() : List.of("");
    for (String id : targets) {
      Program.Result result =
          Commands.run(
              site.environment(),
              site.folder(),
              ("dlq " + command.replace(SOME_ID, id)).split(" "));

      assertThat(result.exitCode()).as(result.err()).isZero();
      assertThat(result.out()).isNotEmpty();
      assertNothingPlanted(command + " of " + id, result.out() + result.err());
    }
  }
}
