package dev.cameleon.cli.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Run;
import dev.cameleon.support.Shared;
import dev.cameleon.support.TestQueues;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.Message;

/** {@code dlq replay} as a process: messages sent, dead letters deleted, dead letters left. */
class DlqReplayTest extends DlqFixture {
  @Test
  void messagesThatACorrectedContractAcceptsAreLoadedUnderTheirFirstIdsAndTheRestStays()
      throws Exception {
    List<String> sent = fill();
    loosen();

    Program.Result replayed = dlq("replay", "--reason", "contract", "--field=ip");

    assertThat(replayed.exitCode()).as(replayed.err()).isZero();
    assertThat(replayed.out()).isEqualTo("replayed 2, left 0\n");
    assertThat(notes(replayed))
        .containsExactly(
            "next: run loads them from "
                + sourceQueue()
                + "; until it runs, they wait there. Messages that fail again become new"
                + " dead letters: dlq list");
    assertVisible(2);
    load(2, 0);
    assertThat(site().database().query("SELECT message_id FROM cameleon.ingested_message"))
        .extracting(row -> row.get(0))
        .containsExactlyInAnyOrderElementsOf(sent.subList(0, 2));
  }

  @Test
  void aMessageKeepsTheDateOfItsFirstSending() throws Exception {
    Map<String, String> old = attributes();
    Instant sentAt = Instant.now().minus(9, ChronoUnit.DAYS).truncatedTo(ChronoUnit.MILLIS);
    old.put("sent-at", sentAt.toString());
    String id = box().send(Events.body(1), old);

    Program.Result replayed = dlq("replay", id, "--json");

    assertThat(replayed.exitCode()).as(replayed.err()).isZero();
    assertThat(notes(replayed)).isEmpty();
    JsonNode report = JsonMapper.builder().build().readTree(replayed.out());
    assertThat(report.get("replayed").asInt()).isEqualTo(1);
    assertThat(report.get("left").asInt()).isZero();
    assertThat(report.get("failure").isNull()).isTrue();
    assertVisible(0);
    List<Message> source = takeSource();
    assertThat(source).extracting(Message::body).containsExactly(Events.body(1));
    assertThat(TestQueues.attribute(source.get(0), "source-message-id"))
        .isEqualTo(old.get("source-message-id"));
    assertThat(TestQueues.attribute(source.get(0), "sent-at")).isEqualTo(sentAt.toString());
    assertThat(source.get(0).messageAttributes()).hasSize(2);
  }

  @Test
  void aMessageThatSqsMovedGoesBackUnderItsOwnId() throws Exception {
    site().queues().redrive(1);
    String id = site().queues().send(List.of(Events.body(1))).get(0);
    Awaitility.await()
        .until(
            () -> {
              Shared.sqs()
                  .client()
                  .receiveMessage(
                      r -> r.queueUrl(site().queues().sourceUrl()).visibilityTimeout(0));
              return box().visible() == 1;
            });

    Program.Result replayed = dlq("replay", "--reason=MAX_RECEIVES");

    assertThat(replayed.out()).isEqualTo("replayed 1, left 0\n");
    assertThat(TestQueues.attribute(takeSource().get(0), "source-message-id")).isEqualTo(id);
    assertVisible(0);
  }

  @Test
  void deadLettersThatCannotBeReplayedAreLeftAndReported() throws Exception {
    Map<String, String> other = attributes();
    other.put("source-queue", "another-queue");
    box().send(Events.body(1), other);
    Map<String, String> old = attributes();
    old.put("sent-at", Instant.now().minus(31, ChronoUnit.DAYS).toString());
    box().send(Events.body(2), old);
    Map<String, String> sealed = attributes();
    sealed.put("body", "sealed");
    box().send("{\"sealed\": {\"v\": 1}}", sealed);
    box().send("x".repeat(1024 * 1024 - 40), Map.of("reason", "NOT_JSON"));
    box().send(Events.body(5), attributes());

    Program.Result replayed = dlq("replay", "--all", "--yes");

    assertThat(replayed.exitCode()).isEqualTo(1);
    assertThat(replayed.out())
        .isEqualTo(
            "replayed 1, left 4 (1 of another source queue, 1 sealed, 1 too large, 1 too old)\n");
    assertThat(replayed.err())
        .contains("note: 1 left: They came from another source queue")
        .contains("--private-key")
        .contains("source-message-id and sent-at they are larger")
        .contains("CAMELEON_LEDGER_DAYS");
    assertVisible(4);
    assertThat(takeSource()).extracting(Message::body).containsExactly(Events.body(5));
  }

  @Test
  void deadLettersOfAnotherQueueAreAFailureNamedOrNot() throws Exception {
    Map<String, String> other = attributes();
    other.put("source-queue", "another-queue");
    String id = box().send(Events.body(1), other);

    Program.Result all = dlq("replay", "--reason=CONTRACT");
    Program.Result named = dlq("replay", id);

    assertThat(all.exitCode()).as(all.err()).isEqualTo(1);
    assertThat(named.exitCode()).isEqualTo(1);
    assertThat(named.out())
        .isEqualTo(all.out())
        .isEqualTo("replayed 0, left 1 (1 of another source queue)\n");
    assertVisible(1);
    assertThat(site().queues().left()).isZero();
  }

  @Test
  void aSelectionThatMatchesNothingSaysSo() throws Exception {
    box().send(Events.body(1), attributes());
    String nothing = "none of the 1 dead letters matches\n";

    Program.Result replayed = dlq("replay", "--field=locale");
    Program.Result tried = dlq("replay", "--field=locale", "--dry-run");
    Program.Result purged = dlq("purge", "--reason=NOT_JSON", "--older-than=1s", "--yes");
    Program.Result exported = dlq("export", "dead-letters.jsonl", "--field=locale");

    assertThat(replayed.out()).isEqualTo("replayed 0, left 0\n" + nothing);
    assertThat(tried.out()).isEqualTo("would pass now: 0 of 0\nwould fail again: 0\n" + nothing);
    assertThat(purged.out()).isEqualTo("deleted 0 of 0\n" + nothing);
    assertThat(exported.out()).endsWith("(redacted)\n" + nothing);
    assertThat(List.of(replayed, tried, purged, exported))
        .extracting(Program.Result::exitCode)
        .containsOnly(0);
    assertVisible(1);
  }

  @Test
  void twoDeadLettersOfOneMessageAreOneAndACorrectedOneIsAnother() throws Exception {
    Map<String, String> one = attributes();
    box().send(Events.body(1), one);
    box().send(Events.body(1), one);
    box().send(Events.body(2), one);

    Program.Result replayed = dlq("replay", "--all", "--yes");

    assertThat(replayed.exitCode()).as(replayed.err()).isZero();
    assertThat(replayed.out()).isEqualTo("replayed 1, left 1 (1 of messages already replayed)\n");
    assertThat(takeSource()).hasSize(1);
    assertVisible(1);
  }

  @Test
  void aMessageThatFailsAgainMeanwhileIsNotSentASecondTime() throws Exception {
    List<String> sent = fill();

    Program.Result replayed;
    try (Run run = Run.on(site())) {
      replayed = dlq("replay", "--all", "--yes", "--rate=2");
      run.await(Outcome.DEAD_LETTERED, 4);
    }

    assertThat(replayed.exitCode()).as(replayed.err()).isZero();
    assertThat(replayed.out())
        .matches("replayed 4, left ([1-4]) \\(\\1 of messages already replayed\\)\n");
    assertVisible(4);
    assertThat(site().queues().takeDeadLetters())
        .extracting(deadLetter -> TestQueues.attribute(deadLetter, "source-message-id"))
        .containsExactlyInAnyOrderElementsOf(sent);
  }

  @Test
  void aRateIsKept() throws Exception {
    for (int n = 0; n < 6; n++) {
      box().send(Events.body(n), attributes());
    }

    long began = System.nanoTime();
    Program.Result replayed = dlq("replay", "--all", "--yes", "--rate=2");

    // Two at once, then two a second later, and two after another second.
    assertThat(System.nanoTime() - began).isGreaterThan(2_000_000_000L);
    assertThat(replayed.out()).isEqualTo("replayed 6, left 0\n");
  }

  @Test
  void replayingAllNeedsYesWithoutATerminal() throws Exception {
    box().send(Events.body(1), attributes());
    box().send(Events.body(2), attributes());

    Program.Result refused = dlq("replay", "--all");

    assertThat(refused)
        .isEqualTo(
            new Program.Result(
                2,
                "",
                "cameleon: this would replay all (about 2) dead letters of "
                    + sourceQueue()
                    + "-dlq; nothing was done: there is no terminal to ask on, so"
                    + " confirm with --yes\n"));
    assertVisible(2);
    assertThat(site().queues().left()).isZero();
  }

  @Test
  void anUnknownIdIsReportedAndTheKnownOnesAreReplayed() throws Exception {
    String id = box().send(Events.body(1), attributes());
    String unknown = UUID.randomUUID().toString();

    Program.Result replayed = dlq("replay", id, unknown);

    assertThat(replayed.exitCode()).isEqualTo(1);
    assertThat(replayed.out()).isEqualTo("replayed 1, left 0\n");
    assertThat(replayed.err())
        .contains(
            "not among the 1 dead letters read from " + sourceQueue() + "-dlq: " + unknown + "; ");
    assertVisible(0);
  }
}
