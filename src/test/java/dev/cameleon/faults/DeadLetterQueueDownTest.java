package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A dead-letter queue that accepts nothing pauses receiving; a single refused dead letter does not.
 */
class DeadLetterQueueDownTest {
  private static final String HOLD = "DEAD_LETTER_QUEUE";

  @TempDir private Path folder;

  private final SqsProxy proxy = SqsProxy.start();
  private Site site;
  private Traffic traffic;

  @BeforeEach
  void open() {
    site = Site.in(folder, 5).with("AWS_ENDPOINT_URL", proxy.url());
    traffic = new Traffic(site);
  }

  @AfterEach
  void close() {
    proxy.close();
  }

  @Test
  void receivingPausesWhileItDoesNotAcceptAndResumesByItself() throws Exception {
    proxy.on(SqsProxy.SEND, Fault.denied()); // which the SDK does not retry
    traffic.send(50, 5);

    try (Run run = Run.on(site)) {
      awaitDown(run);
      traffic.send(300, 0);
      // All malformed messages, or fewer if receiving paused before they arrived.
      Awaitility.await().until(() -> run.account().inFlight() <= traffic.malformed());
      long receipts = run.account().received();
      int sends = proxy.calls(SqsProxy.SEND);
      Awaitility.await()
          .during(Duration.ofSeconds(6))
          .until(() -> run.account().received() == receipts);
      assertThat(proxy.calls(SqsProxy.SEND) - sends).as("no rush").isLessThan(30);
      proxy.heal();
      Awaitility.await().until(() -> run.health().ready().up());
      traffic.awaitGone();
      assertThat(run.account().count(Outcome.RETURNED)).isZero();
      assertThat(run.account().received()).isEqualTo(350);
    }
    traffic.assertArrivedOnce();
  }

  @Test
  void aQueueThatHangsIsNoticedWithinSeconds() throws Exception {
    site.with("CAMELEON_SHUTDOWN_TIMEOUT", "5s");
    proxy.on(SqsProxy.SEND, Fault.slow(600_000));
    traffic.send(5, 5);

    try (Run run = Run.on(site)) {
      // Before the client gives up, which takes two minutes.
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  run.health()
                      .ready()
                      .problems()
                      .getOrDefault(HOLD, "")
                      .contains("does not answer"));
      proxy.awaitNone(SqsProxy.RECEIVE);
      long receipts = run.account().received();
      traffic.send(20, 0);
      Awaitility.await()
          .during(Duration.ofSeconds(3))
          .atMost(Duration.ofSeconds(20))
          .until(() -> run.account().received() == receipts && site.queues().visible() == 20);
    }
  }

  @Test
  void aDeadLetterMissingInTheAnswerIsNotTakenForAccepted() throws Exception {
    proxy.on(SqsProxy.SEND, Fault.silence().first(3));
    traffic.send(50, 20);

    try (Run run = Run.on(site)) {
      traffic.awaitGone();
      run.await(Outcome.DEAD_LETTERED, traffic.malformed());
    }
    traffic.assertArrivedOnce();
  }

  @Test
  void aDeadLetterThatWaitsTooLongIsReturnedAndTheOthersGoOn() throws Exception {
    site.with("CAMELEON_IN_FLIGHT_TIME", "5s");
    proxy.on(SqsProxy.SEND, Fault.status(500));
    traffic.send(50, 5);

    try (Run run = Run.on(site)) {
      run.await(Outcome.RETURNED, 1);
      proxy.heal();
      traffic.send(50, 0);
      traffic.awaitGone();
      Awaitility.await().until(() -> run.health().ready().up());
    }
    traffic.assertArrivedOnce();
  }

  @Test
  void aRefusedDeadLetterBlocksNoOtherAndTheQueuesRedriveTakesIt() throws Exception {
    site.queues().redrive(2);
    proxy.on(SqsProxy.SEND, Fault.refusing("not this one"));
    traffic.sendMalformed("{\"foo\": \"not this one\"}").send(50, 5);

    try (Run run = Run.on(site)) {
      // Returned after 5 s, 10 s, …, so it must not spin.
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .failFast(() -> isDown(run))
          .until(() -> site.queues().left() == 0);
      Awaitility.await().failFast(() -> isDown(run)).until(() -> run.account().inFlight() == 0);
      assertThat(run.account().count(Outcome.RETURNED)).isEqualTo(2);
      assertThat(run.account().count(Outcome.DEAD_LETTERED)).isEqualTo(10);
    }
    traffic.assertArrivedOnce();
  }

  private static void awaitDown(Run run) {
    Awaitility.await().until(() -> isDown(run));
  }

  private static boolean isDown(Run run) {
    return run.health().ready().problems().containsKey(HOLD);
  }
}
