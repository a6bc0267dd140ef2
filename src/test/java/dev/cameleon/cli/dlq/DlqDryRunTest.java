package dev.cameleon.cli.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.crypto.Recipient;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Shared;
import dev.cameleon.vault.Vault;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** {@code dlq replay}: the output of a dry run, wrong usage, and replays with a private key. */
class DlqDryRunTest extends DlqFixture {
  @Test
  void aDryRunSaysHowManyWouldPassAndChangesNothing() throws Exception {
    fill();
    loosen();
    String again = box().send("{\"user_id\": \"" + PLANTED + "\"}", attributes());

    Program.Result tried = dlq("replay", "--all", "--dry-run");

    assertThat(tried.exitCode()).as(tried.err()).isZero();
    List<String> lines = tried.out().lines().toList();
    assertThat(lines).hasSize(6);
    assertThat(lines.get(0)).isEqualTo("would pass now: 3 of 5");
    assertThat(lines.get(1)).startsWith("  including 1 that the database refused before");
    assertThat(lines.get(2)).isEqualTo("would fail again: 2");
    assertThat(lines.subList(4, 6))
        .anyMatch(line -> line.matches(" +1 +NOT_JSON +NOT_JSON +\\S{36}"))
        .anyMatch(line -> line.matches(" +1 +CONTRACT app_version +CONTRACT ip +" + again));
    assertThat(notes(tried)).singleElement().asString().contains("restart run");
    assertVisible(5);
    assertThat(site().queues().left()).isZero();
  }

  @Test
  void noMaskKeyIsNeeded() throws Exception {
    box().send(Events.body(1), attributes());
    site().with("CAMELEON_KEYSET", "nowhere.json");

    Program.Result tried = dlq("replay", "--reason=CONTRACT", "--dry-run", "--json");

    assertThat(tried.exitCode()).as(tried.err()).isZero();
    JsonNode report = JsonMapper.builder().build().readTree(tried.out());
    assertThat(report.get("dry_run").asBoolean()).isTrue();
    assertThat(report.get("pass").asInt()).isEqualTo(1);
    assertThat(report.get("fail").asInt()).isZero();
    assertThat(notes(tried)).isEmpty();
    assertVisible(1);
  }

  @Test
  void anAmbiguousSelectionIsRefused() throws Exception {
    box().send(Events.body(1), attributes());
    String id = UUID.randomUUID().toString();

    for (String[] arguments :
        List.of(
            new String[] {"replay"},
            new String[] {"replay", "--since=1d", "--yes"},
            new String[] {"replay", "--all", id, "--yes"},
            new String[] {"replay", "--all", "--yes", "--reason=CONTRACT"},
            new String[] {"replay", "203.0.113.77"},
            new String[] {"replay", "--all", "--yes", "--rate=0"},
            new String[] {"replay", "--all", "--yes", "--queue", sourceQueue()})) {
      Program.Result refused = dlq(arguments);

      assertThat(refused.exitCode()).as(refused.err()).isEqualTo(2);
      assertThat(refused.out()).isEmpty();
      assertThat(refused.err()).startsWith("cameleon: ").doesNotContain("203.0.113.77");
    }
    assertVisible(1);
    assertThat(site().queues().left()).isZero();
  }

  @Test
  void aFifoQueueIsRefused() throws Exception {
    box().send(Events.body(1), attributes());
    String fifo = UUID.randomUUID() + ".fifo";
    Shared.sqs()
        .client()
        .createQueue(
            request ->
                request.queueName(fifo).attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")));
    site().with("CAMELEON_QUEUE", fifo);

    Program.Result refused = dlq("replay", "--all", "--yes");

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).contains(fifo + " is a FIFO queue");
    assertVisible(1);
  }

  @Test
  void aPrivateKeyOpensASealedBodyAndTheOriginalGoesBack() throws Exception {
    Path key = Recipients.add(folder(), "anna");
    Vault vault = new Vault(Recipient.read(folder().resolve("recipients")));
    Map<String, String> sealed = attributes();
    sealed.put("body", "sealed");
    box().send(vault.seal(Events.body(1), "a shape").text(), sealed);

    Program.Result without = dlq("replay", "--reason=CONTRACT");
    Program.Result with = dlq("replay", "--reason=CONTRACT", "--private-key=" + key);

    assertThat(without.exitCode()).isEqualTo(1);
    assertThat(without.out()).isEqualTo("replayed 0, left 1 (1 sealed)\n");
    assertThat(with.exitCode()).as(with.err()).isZero();
    assertThat(with.out()).isEqualTo("replayed 1, left 0\n");
    assertThat(takeSource()).extracting(Message::body).containsExactly(Events.body(1));
    assertVisible(0);
  }
}
