package dev.cameleon.cli.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.TestQueues;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.Message;

/**
 * Messages that neither Cameleon nor SQS put on the queue, for example another team's live
 * messages.
 */
class DlqUnknownTest extends DlqFixture {
  private String id;

  @BeforeEach
  void sendByHand() {
    id = box().send(Events.body(1), Map.of("reason", "MAX_RECEIVES", "source-queue", "theirs"));
  }

  @Test
  void theyAreListedAndShownAsUnknown() throws Exception {
    Program.Result list = dlq("list", "--reason=UNKNOWN");
    Program.Result shown = dlq("show", id);

    assertThat(list.out().lines().toList().get(1))
        .matches("      1  UNKNOWN        -      20.*Z  20.*Z  " + id);
    assertThat(shown.out())
        .contains("reason          UNKNOWN: It has no reason from Cameleon, and no sign that SQS")
        .contains("what to do      Check whether it belongs on this queue.\n")
        .contains("If it does, run: dlq replay ID.\n")
        .doesNotContain("MAX_RECEIVES", "theirs");
  }

  @Test
  void aReplayOfManyLeavesThem() throws Exception {
    box().send(Events.body(2), attributes());

    Program.Result tried = dlq("replay", "--all", "--dry-run");
    Program.Result all = dlq("replay", "--all", "--yes");
    Program.Result reason = dlq("replay", "--reason=UNKNOWN");

    assertThat(tried.out())
        .isEqualTo(
            "would pass now: 1 of 1\nwould fail again: 0\nwould be left: 1 (1 of unknown origin)\n");
    assertThat(all.exitCode()).isEqualTo(1);
    assertThat(all.out()).isEqualTo("replayed 1, left 1 (1 of unknown origin)\n");
    assertThat(all.err()).contains("note: 1 left: ").contains("dlq replay ID");
    assertThat(reason.exitCode()).isEqualTo(1);
    assertThat(reason.out()).isEqualTo("replayed 0, left 1 (1 of unknown origin)\n");
    assertVisible(1);
    assertThat(takeSource()).extracting(Message::body).containsExactly(Events.body(2));
  }

  @Test
  void aNamedOneGoesBackUnderItsOwnIdAndDate() throws Exception {
    String other = box().send(Events.body(2), Map.of());

    Program.Result tried = dlq("replay", id, "--dry-run");
    Program.Result replayed = dlq("replay", id);

    assertThat(tried.out()).isEqualTo("would pass now: 1 of 1\nwould fail again: 0\n");
    assertThat(replayed.exitCode()).as(replayed.err()).isZero();
    assertThat(replayed.out()).isEqualTo("replayed 1, left 0\n");
    List<Message> source = takeSource();
    assertThat(source).extracting(Message::body).containsExactly(Events.body(1));
    assertThat(TestQueues.attribute(source.get(0), "source-message-id")).isEqualTo(id);
    assertThat(TestQueues.attribute(source.get(0), "sent-at")).startsWith("20").endsWith("Z");
    assertThat(source.get(0).messageAttributes())
        .as("names of ours that are not ours are a sender's, and packed")
        .containsOnlyKeys("source-message-id", "sent-at", "sender-attributes");
    assertThat(site().queues().takeDeadLetters())
        .extracting(Message::messageId)
        .containsExactly(other);
  }

  @Test
  void aPurgeAsksForThemAsForOthers() throws Exception {
    Instant aSecondLater = Instant.now().plusSeconds(1);
    Awaitility.await().until(() -> Instant.now().isAfter(aSecondLater));

    Program.Result refused = dlq("purge", "--reason=UNKNOWN", "--older-than=1s");

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err())
        .contains("this would delete 1 of 1 dead letters")
        .contains("reason UNKNOWN")
        .contains("so confirm with --yes");
    assertVisible(1);
  }
}
