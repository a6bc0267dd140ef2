package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.contract.Violation;
import dev.cameleon.support.Commands;
import dev.cameleon.support.DeadLetterBox;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A dlq command reports everything that it could not see or do. */
class DlqCommandHonestyTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String[] PURGE = {
    "purge", "--reason=CONTRACT", "--older-than=1s", "--yes", "--json"
  };

  @TempDir private Path folder;

  private final SqsProxy proxy = SqsProxy.start();
  private Site site;
  private DeadLetterBox box;

  @BeforeEach
  void makeQueues() {
    site = Site.in(folder).with("AWS_ENDPOINT_URL", proxy.url());
    box = DeadLetterBox.of(site.queues());
  }

  @AfterEach
  void close() {
    proxy.close();
  }

  @Test
  void deadLettersHiddenByOthersAreCountedInEveryAnswer() throws Exception {
    String id = send(Events.body(1));
    hide(1);

    Program.Result text = dlq("list");
    assertThat(text.out()).isEqualTo("no dead letters are visible, 1 are hidden\n");
    assertThat(text.err()).contains("note: 1 more are hidden");
    JsonNode list = json("list", "--json");
    assertThat(list.get("hidden").asInt()).isEqualTo(1);
    assertThat(list.get("complete").asBoolean()).isFalse();
    for (String[] arguments :
        List.of(
            new String[] {"replay", "--reason=CONTRACT", "--json"},
            new String[] {"replay", "--reason=CONTRACT", "--dry-run", "--json"},
            new String[] {"export", "dead-letters.jsonl", "--json"},
            PURGE)) {
      assertThat(json(arguments).get("hidden").asInt()).isEqualTo(1);
    }
    assertThat(dlq("replay", id).exitCode()).isEqualTo(1);
  }

  @Test
  void fewerThanSqsCountedIsNotComplete() throws Exception {
    box.fill(20);
    proxy.on(
        "GetQueueAttributes",
        call -> {
          SqsProxy.Answer answer = call.forward();
          return SqsProxy.Answer.whole(
              answer.status(),
              answer
                  .body()
                  .replaceAll("(\"ApproximateNumberOfMessages\"\\s*:\\s*)\"20\"", "$1\"21\""));
        });

    Program.Result result = dlq("list", "--all", "--json");

    assertThat(JSON.readTree(result.out()).get("read").asInt()).isEqualTo(20);
    assertThat(JSON.readTree(result.out()).get("complete").asBoolean()).isFalse();
    assertThat(result.err())
        .contains(
            "note: 1 fewer were read than SQS counted as visible at the start (20 of about"
                + " 21)");
  }

  @Test
  void aLimitOfExactlyAsManyAsThereAreIsComplete() throws Exception {
    box.fill(4);

    assertThat(json("list", "--limit=4", "--json").get("complete").asBoolean()).isTrue();
    assertThat(json("list", "--limit=3", "--json").get("complete").asBoolean()).isFalse();
  }

  @Test
  void anImportThatCannotDeleteTheDeadLettersItNamesFails() throws Exception {
    Map<String, String> attributes = attributes();
    String id = box.send("broken", attributes);
    Files.writeString(
        folder.resolve("corrected.jsonl"),
        JSON.createObjectNode()
                .put("id", id)
                .put("source_message_id", attributes.get("source-message-id"))
                .put("sent_at", Instant.now().minusSeconds(60).toString())
                .put("redacted", false)
                .put("body", Events.body(1))
            + "\n");
    proxy.on(SqsProxy.DELETE, Fault.denied());

    Program.Result refused = dlq("import", "corrected.jsonl");
    proxy.heal();
    Program.Result done = dlq("import", "corrected.jsonl");
    Program.Result gone = dlq("import", "corrected.jsonl");

    assertThat(refused.exitCode()).as(refused.err()).isEqualTo(1);
    assertThat(refused.out()).contains("sent 1 to ").contains("deleted 0 dead letters");
    assertThat(refused.err()).contains("1 dead letters could not be deleted");
    assertThat(done.exitCode()).as(done.err()).isZero();
    assertThat(done.out()).contains("deleted 1 dead letters");
    assertThat(gone.exitCode()).as(gone.err()).isZero();
    assertThat(gone.err()).contains("note: no dead letter was deleted for 1 of the messages");
  }

  private Map<String, String> attributes() {
    Map<String, String> attributes =
        DeadLetterBox.attributes(Violation.CONTRACT, "ip", Instant.now().minusSeconds(5));
    attributes.put("source-queue", site.environment().get("CAMELEON_QUEUE"));
    return attributes;
  }

  private String send(String body) {
    return box.send(body, attributes());
  }

  /** Hides this many, like another reader. */
  private void hide(int count) {
    Shared.sqs()
        .client()
        .receiveMessage(
            request ->
                request
                    .queueUrl(box.url())
                    .maxNumberOfMessages(count)
                    .visibilityTimeout(3600)
                    .waitTimeSeconds(5));
    assertThat(box.hidden()).isEqualTo(count);
  }

  private JsonNode json(String... arguments) throws Exception {
    Program.Result result = dlq(arguments);
    assertThat(result.exitCode()).as(result.err()).isZero();
    return JSON.readTree(result.out());
  }

  private Program.Result dlq(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("dlq"));
    all.addAll(List.of(arguments));
    return Commands.run(site.environment(), folder, all.toArray(new String[0]));
  }
}
