package dev.cameleon.cli.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Program;
import dev.cameleon.support.Run;
import dev.cameleon.support.TestQueues;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.Message;

/** {@code dlq import} as a process: messages sent, dead letters deleted, lines refused. */
class DlqImportTest extends DlqFixture {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Test
  void aCorrectedExportIsLoadedUnderItsFirstIdAndItsDeadLetterIsDeleted() throws Exception {
    List<String> sent = fill();
    Map<String, String> loader = Map.copyOf(site().environment());
    site().environment().putAll(LoginRole.in(site().database(), "cameleon_revealer").environment());
    dlq("export", "corrected.jsonl", "--field=ip", "--raw", "--purpose=correct");
    site().environment().clear();
    site().environment().putAll(loader);
    Path file = folder().resolve("corrected.jsonl");
    String exported = Files.readString(file);
    // As an editor of another system may save it.
    Files.writeString(file, "\ufeff" + exported.replace(PLANTED, "10.0.0").replace("\n", "\r\n"));

    Program.Result imported = dlq("import", "corrected.jsonl");

    assertThat(exported).contains(PLANTED);
    assertThat(imported.exitCode()).as(imported.err()).isZero();
    assertThat(imported.out())
        .isEqualTo("sent 2 to " + sourceQueue() + ", deleted 2 dead letters\n");
    assertThat(notes(imported)).singleElement().asString().contains("next: run loads them");
    assertVisible(2);
    load(2, 0);
    assertThat(site().database().query("SELECT message_id FROM cameleon.ingested_message"))
        .extracting(row -> row.get(0))
        .containsExactlyInAnyOrderElementsOf(sent.subList(0, 2));
  }

  @Test
  void aLineIsSentUnderItsFirstIdAndDateAndOnlyItsOwnDeadLetterIsDeleted() throws Exception {
    Map<String, String> attributes = attributes();
    String exported = box().send("broken", attributes);
    String cameBack = box().send(Events.body(7), attributes);
    String another = box().send("another", attributes());
    ObjectNode corrected =
        line(Events.body(1))
            .put("id", exported.toUpperCase(Locale.ROOT)) // as a spreadsheet may save it
            .put("source_message_id", attributes.get("source-message-id"));
    // A mistake of the editor: this is the id of another message's dead letter.
    ObjectNode slip = line(Events.body(2)).put("id", another);
    write(corrected, "", slip);

    Program.Result imported = dlq("import", "corrected.jsonl", "--json");

    assertThat(imported.exitCode()).as(imported.err()).isZero();
    assertThat(JSON.readTree(imported.out()).get("sent").asInt()).isEqualTo(2);
    assertThat(JSON.readTree(imported.out()).get("deleted").asInt()).isEqualTo(1);
    assertThat(imported.err()).contains("note: no dead letter was deleted for 1 of the messages");
    assertThat(takeSource())
        .anySatisfy(
            message -> {
              assertThat(message.body()).isEqualTo(Events.body(1));
              assertThat(TestQueues.attribute(message, "source-message-id"))
                  .isEqualTo(attributes.get("source-message-id"));
              assertThat(TestQueues.attribute(message, "sent-at"))
                  .isEqualTo(corrected.get("sent_at").asText());
            })
        .hasSize(2);
    assertVisible(2);
    assertThat(site().queues().takeDeadLetters())
        .extracting(Message::messageId)
        .containsExactlyInAnyOrder(cameBack, another);
  }

  @Test
  void keptDeadLettersStayAndASecondImportLoadsNothingTwice() throws Exception {
    Map<String, String> attributes = attributes();
    String id = box().send("broken", attributes);
    write(
        line(Events.body(1))
            .put("id", id)
            .put("source_message_id", attributes.get("source-message-id")));

    Program.Result first = dlq("import", "corrected.jsonl", "--keep");
    Program.Result second = dlq("import", "corrected.jsonl", "--keep");

    assertThat(first.exitCode()).as(first.err()).isZero();
    assertThat(second.out())
        .isEqualTo(first.out())
        .isEqualTo("sent 1 to " + sourceQueue() + ", deleted none (--keep)\n");
    assertVisible(1);
    try (Run run = Run.on(site())) {
      run.await(Outcome.LOADED, 1).await(Outcome.DUPLICATE, 1);
    }
    assertThat(site().database().number("SELECT count(*) FROM user_logins")).isEqualTo(1);
  }

  @Test
  void aBulletInABodyThatIsNotRedactedIsTheSenders() throws Exception {
    String body = Events.login(1).put("device_type", "•").toString();
    write(line(body));

    Program.Result imported = dlq("import", "corrected.jsonl");

    assertThat(imported.exitCode()).as(imported.err()).isZero();
    assertThat(takeSource()).extracting(Message::body).containsExactly(body);
  }

  @Test
  void everyWrongLineIsNamedAndNothingIsSent() throws Exception {
    ObjectNode good = line(Events.body(1));
    ObjectNode twice = line(Events.body(2)).set("source_message_id", good.get("source_message_id"));
    write(
        good,
        PLANTED + "{",
        line(Events.body(3)).put("redacted", true),
        line("{\"ip\": \"•••\"}"),
        line(Events.body(4)).put("source_message_id", "17"),
        line(Events.body(5)).put("sent_at", "yesterday " + PLANTED),
        line(Events.body(6)).put("sent_at", Instant.now().plusSeconds(86_400).toString()),
        line(Events.body(7)).put("sent_at", Instant.now().minus(31, ChronoUnit.DAYS).toString()),
        twice,
        line(Events.login(8).put("ip", PLANTED).toString()),
        line(PLANTED),
        line(Events.body(9)).without("body"),
        line(Events.body(10)).put("source_queue", "another-queue"),
        line(Events.login(11).put("more", "x".repeat(1024 * 1024)).toString()),
        "null",
        line(Events.body(12)).put("id", "no uuid " + PLANTED));

    Program.Result refused = dlq("import", "corrected.jsonl");

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.out()).isEmpty();
    List<String> lines = refused.err().lines().toList();
    assertThat(lines).hasSize(16);
    assertThat(lines.get(0)).startsWith("line 2 is not a JSON object as dlq export writes it: ");
    assertThat(lines.get(1)).startsWith("line 3 is redacted and holds no values");
    assertThat(lines.get(2)).startsWith("line 4 would become a dead letter again: CONTRACT at ");
    assertThat(lines.get(3)).startsWith("line 5 has no valid \"source_message_id\", for example ");
    assertThat(lines.get(4)).startsWith("line 6 has no valid \"sent_at\", for example ");
    assertThat(lines.get(5)).startsWith("line 7 has a \"sent_at\" in the future");
    assertThat(lines.get(6)).startsWith("line 8 was sent before ").contains("cameleon.ledger.days");
    assertThat(lines.get(7)).startsWith("line 9 has the same source_message_id as line 1");
    assertThat(lines.get(8))
        .startsWith(
            "line 10 would become a dead letter again: CONTRACT at ip: breaks the contract's");
    assertThat(lines.get(9)).startsWith("line 11 would become a dead letter again: NOT_JSON: ");
    assertThat(lines.get(10)).startsWith("line 12 needs \"body\"");
    assertThat(lines.get(11)).startsWith("line 13 came from a queue other than ");
    assertThat(lines.get(12)).startsWith("line 14 is larger than the queue accepts");
    assertThat(lines.get(13)).startsWith("line 15 is not a JSON object");
    assertThat(lines.get(14)).startsWith("line 16 has no valid \"id\", for example ");
    assertThat(lines.get(15))
        .isEqualTo("cameleon: corrected.jsonl: 15 lines cannot be imported; nothing was sent");
    assertThat(site().queues().left()).isZero();
  }

  @Test
  void aFileThatCannotBeImportedIsRefused() throws Exception {
    write("", " ");
    Files.write(folder().resolve("latin.jsonl"), new byte[] {'{', (byte) 0xe9, '}', '\n'});

    Program.Result empty = dlq("import", "corrected.jsonl");
    Program.Result latin = dlq("import", "latin.jsonl");
    Program.Result missing = dlq("import", "missing.jsonl");

    assertThat(List.of(empty, latin, missing)).extracting(Program.Result::exitCode).containsOnly(2);
    assertThat(empty.err()).contains("corrected.jsonl holds no dead letters; nothing was sent");
    assertThat(latin.err()).contains("line 1 or a later one is not UTF-8");
    assertThat(missing.err()).contains("missing.jsonl is not a file");
    assertThat(site().queues().left()).isZero();
  }

  private ObjectNode line(String body) {
    return JSON.createObjectNode()
        .put("id", UUID.randomUUID().toString())
        .put("reason", "CONTRACT")
        .put("source_message_id", UUID.randomUUID().toString())
        .put("sent_at", Instant.now().minus(2, ChronoUnit.DAYS).toString())
        .put("redacted", false)
        .put("body", body);
  }

  private void write(Object... lines) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Object line : lines) {
      text.append(line).append('\n');
    }
    Files.writeString(folder().resolve("corrected.jsonl"), text);
  }
}
