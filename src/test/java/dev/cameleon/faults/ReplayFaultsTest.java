package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.cameleon.contract.Violation;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.DeadLetterBox;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A replay while SQS fails, or that is stopped: unsent messages remain dead letters. */
class ReplayFaultsTest {
  private static final int COUNT = 60;

  @TempDir private Path folder;

  private final SqsProxy proxy = SqsProxy.start();
  private Site site;
  private DeadLetterBox box;

  @BeforeEach
  void fill() {
    site = Site.in(folder);
    box = DeadLetterBox.of(site.queues());
    for (int n = 0; n < COUNT; n++) {
      Map<String, String> attributes =
          DeadLetterBox.attributes(Violation.CONTRACT, "ip", Instant.now());
      attributes.put("source-queue", site.environment().get("CAMELEON_QUEUE"));
      box.send(Events.body(n), attributes);
    }
  }

  @AfterEach
  void close() {
    proxy.close();
  }

  private Program replay(String... more) throws Exception {
    Map<String, String> environment = new HashMap<>(site.environment());
    environment.put("AWS_ENDPOINT_URL", proxy.url());
    String[] arguments = new String[4 + more.length];
    System.arraycopy(new String[] {"dlq", "replay", "--all", "--yes"}, 0, arguments, 0, 4);
    System.arraycopy(more, 0, arguments, 4, more.length);
    return Program.start(environment, folder, arguments);
  }

  @Test
  void aSourceQueueThatTakesNoMoreEndsTheReplayAndTheRestIsVisible() throws Exception {
    proxy.on(SqsProxy.SEND, Fault.denied().after(2));

    Program.Result result = replay().result();

    assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
    assertThat(result.out()).matches("replayed 20, left \\d+ \\(\\d+ not sent\\)\n");
    assertThat(result.err())
        .contains("does not accept messages: SQS answered AccessDeniedException (HTTP 403)");
    assertThat(site.queues().left()).isEqualTo(20);
    assertThat(box.visible()).isEqualTo(COUNT - 20);
    assertThat(box.hidden()).isZero();
  }

  @Test
  void messagesMissingInTheAnswerAreNotTakenForAccepted() throws Exception {
    proxy.on(SqsProxy.SEND, Fault.silence());

    Program.Result result = replay().result();

    assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
    assertThat(result.out()).startsWith("replayed 0, left ");
    assertThat(result.err()).contains("does not accept messages: SQS answered nothing about it");
    assertThat(site.queues().left()).isZero();
    assertThat(box.visible()).isEqualTo(COUNT);
  }

  @Test
  void throttlingIsOutlasted() throws Exception {
    proxy.on(SqsProxy.SEND, Fault.throttling().exceptEvery(8));

    Program.Result result = replay().result();

    assertThat(result.out()).as(result.err()).isEqualTo("replayed " + COUNT + ", left 0\n");
    assertThat(box.visible() + box.hidden()).isZero();
  }

  @Test
  void anEntryThatSqsRefusesIsLeftAndTheOthersOfItsCallGo() throws Exception {
    proxy.on(SqsProxy.SEND, Fault.refusing("user-7\\\""));

    Program.Result result = replay().result();

    assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
    assertThat(result.out()).isEqualTo("replayed 59, left 1 (1 refused by SQS)\n");
    assertThat(result.err()).contains("note: SQS answered InvalidParameterValue");
    assertThat(site.queues().left()).isEqualTo(59);
    assertThat(box.visible()).isEqualTo(1);
  }

  @Test
  void messagesSentButNotDeletedAreLoadedOnceWhenReplayedAgain() throws Exception {
    proxy.on(SqsProxy.DELETE, Fault.denied());

    Program.Result first = replay().result();
    proxy.heal();
    Program.Result second = replay().result();

    assertThat(first.exitCode()).as(first.err()).isEqualTo(1);
    assertThat(first.out()).isEqualTo("replayed " + COUNT + ", left 0\n");
    assertThat(first.err())
        .contains(
            "note: " + COUNT + " were sent but could not be deleted from the dead-letter queue");
    assertThat(second.exitCode()).as(second.err()).isZero();
    assertThat(site.queues().left()).isEqualTo(2 * COUNT);
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, COUNT).await(Outcome.DUPLICATE, COUNT);
    }
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(COUNT);
  }

  @Test
  void aSlowReplayEndsAlthoughSkippedDeadLettersReappearMeanwhile() throws Exception {
    Map<String, String> other = DeadLetterBox.attributes(Violation.CONTRACT, "ip", Instant.now());
    for (int n = 0; n < 40; n++) {
      box.send(Events.body(n), other);
    }
    proxy.on(
        SqsProxy.RECEIVE,
        call ->
            call.forward(
                call.body().replace("\"VisibilityTimeout\":600", "\"VisibilityTimeout\":1")));

    Program.Result result = replay("--rate=20").result();

    assertThat(result.exitCode()).as(result.err()).isEqualTo(1); // those of another queue are left
    assertThat(result.out()).startsWith("replayed " + COUNT + ", left 4");
    Awaitility.await().until(() -> box.hidden() == 0);
    assertThat(box.visible()).isEqualTo(40);
    assertThat(site.queues().left()).isEqualTo(COUNT);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void afterAStopSentDeadLettersAreDeletedAndTheRestIsVisible(boolean terminalGone)
      throws Exception {
    try (Program replay = replay("--rate=5")) {
      Awaitility.await("the first messages")
          .atMost(Duration.ofSeconds(60))
          .until(() -> site.queues().left() > 0);
      if (terminalGone) {
        assumeFalse(Program.ignoresHangUp(), "SIGHUP is ignored here (nohup), and so by children");
        replay.hangUp();
      } else {
        replay.terminate();
      }
      Program.Result result = replay.result();

      assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
      assertThat(result.out()).matches("replayed \\d+, left \\d+ \\(\\d+ not sent\\)\n");
      assertThat(result.err())
          .contains("stopped; dead letters that were not deleted are visible again");
      long sent = site.queues().left();
      assertThat(result.out()).startsWith("replayed " + sent + ",");
      assertThat(sent).isLessThan(COUNT);
      assertThat(box.visible()).isEqualTo(COUNT - sent);
      assertThat(box.hidden()).isZero();
    }
  }
}
