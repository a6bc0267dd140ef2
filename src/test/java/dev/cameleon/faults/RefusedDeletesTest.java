package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Acknowledger;
import dev.cameleon.sqs.DeadLetterBrake;
import dev.cameleon.sqs.InFlightMessages;
import dev.cameleon.sqs.MessageTracing;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.sqs.ReceivedMessages;
import dev.cameleon.sqs.SqsBatchCalls;
import dev.cameleon.sqs.SqsQueue;
import dev.cameleon.support.Commands;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Run;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * Loaded messages that cannot be deleted are kept until they can be, and never become dead letters.
 */
class RefusedDeletesTest {
  private static final int MESSAGES = 60;
  private static final int MALFORMED_EVERY = 10;

  /** Less than the total of the pauses before the second, third and fourth attempt. */
  private static final Duration PAUSES = Duration.ofMillis(500);

  @TempDir private Path folder;

  private final SqsProxy proxy = SqsProxy.start();
  private final CountDownLatch allInFlight = new CountDownLatch(1);
  private final ReceiveGate gate = new ReceiveGate();
  private final InFlightMessages deliveries =
      new InFlightMessages(10, 1L << 30, new DeadLetterBrake(gate, 100), MessageTracing.OFF);
  private TestQueues queues;

  @Test
  void deletesThatAreRefusedForLongHoldReceivingAndNoLoadedMessageIsRedriven() throws Exception {
    try (proxy) {
      Site site = Site.in(folder, 4).with("AWS_ENDPOINT_URL", proxy.url());
      site.with("CAMELEON_IN_FLIGHT_TIME", "5s").queues().redrive(1);
      Traffic traffic = new Traffic(site).send(MESSAGES, MALFORMED_EVERY);
      refuseDeletes();

      try (Run run = Run.on(site)) {
        awaitAllInFlight(run);
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> site.queues().deadLetters() == traffic.malformed());
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(
                () -> run.health().ready().problems().getOrDefault("DELETES", "").contains("403"));
        proxy.awaitNone(SqsProxy.RECEIVE); // a receive that has begun may still bring a message
        traffic.send(1, 0); // stays on the queue while nothing is received
        Awaitility.await()
            .during(Duration.ofSeconds(11))
            .atMost(Duration.ofSeconds(30))
            .until(
                () ->
                    site.queues().deadLetters() == traffic.malformed()
                        && site.queues().visible() == 1
                        && run.account().inFlight() == MESSAGES);
        assertThat(proxy.calls(SqsProxy.DELETE)).as("no rush").isLessThan(200);
        proxy.heal();
        traffic.awaitGone();
        Awaitility.await().until(() -> run.account().inFlight() == 0);
        assertThat(run.health().ready().problems()).isEmpty();
        assertThat(run.account().received()).isEqualTo(MESSAGES + 1);
        assertThat(run.account().count(Outcome.LOADED)).isEqualTo(traffic.good());
        assertThat(run.account().count(Outcome.DEAD_LETTERED)).isEqualTo(traffic.malformed());
      }
      traffic.assertArrivedOnce();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"DeleteMessage", "ChangeMessageVisibility"})
  void checkNamesTheRightThatIsMissingAndTouchesNoMessage(String call) throws Exception {
    try (proxy) {
      Site site = Site.in(folder, 4).with("AWS_ENDPOINT_URL", proxy.url());
      site.migrate();
      site.queues().send(Events.bodies(5));
      Program.Result allowed = Commands.run(site.environment(), folder, "check");
      proxy.on(call, Fault.denied());
      Program.Result denied = Commands.run(site.environment(), folder, "check");

      assertThat(allowed.exitCode()).as(allowed.out() + allowed.err()).isZero();
      assertThat(denied.exitCode()).isEqualTo(1);
      assertThat(denied.out())
          .contains("FAILED  queue ", "AccessDenied", "(HTTP 403): allow sqs:" + call);
      assertThat(site.queues().visible()).isEqualTo(5);
    }
  }

  @Test
  void messagesNotDeletedAtAStopComeBackAsDuplicates() throws Exception {
    try (proxy) {
      Site site = Site.in(folder, 4).with("AWS_ENDPOINT_URL", proxy.url());
      site.with("CAMELEON_SHUTDOWN_TIMEOUT", "2s");
      Traffic traffic = new Traffic(site).send(MESSAGES, 0);
      refuseDeletes();

      Run stopped = Run.on(site);
      try (stopped) {
        awaitAllInFlight(stopped);
        Awaitility.await().until(() -> stopped.health().ready().problems().containsKey("DELETES"));
      }
      assertThat(stopped.account().count(Outcome.LOADED)).isEqualTo(MESSAGES);
      assertThat(stopped.account().count(Outcome.RETURNED)).isZero();
      proxy.heal();
      try (Run run = Run.on(site)) {
        run.await(Outcome.DUPLICATE, MESSAGES);
        traffic.awaitGone();
      }
      traffic.assertArrivedOnce();
    }
  }

  @Test
  void aDeleteThatFailsThreeTimesIsMadeAgainWithPausesAndNeedsNoHold() {
    proxy.on(SqsProxy.DELETE, Fault.denied().first(3));
    inFlight(
        30,
        System.nanoTime(),
        acknowledger -> {
          long began = System.nanoTime();

          // Nobody calls retryDeletes(), so messages would remain after the first four attempts.
          acknowledger.loaded(deliveries.rest(), 1);

          Awaitility.await().until(() -> deliveries.account().count(Outcome.LOADED) == 1);
          assertThat(proxy.calls(SqsProxy.DELETE)).isEqualTo(4);
          assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(PAUSES);
          assertThat(gate.holds()).isEmpty();
          assertThat(queues.left()).isZero();
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"Successful\": [{\"Id\": \"7\"}, {\"Id\": \"another's\"}]}",
        "{\"Failed\": [{\"Id\": \"another's\", \"Code\": \"Odd\", \"SenderFault\": true}]}",
        "{\"Successful\": [{\"Id\": \"0\"}], \"Failed\": [{\"Id\": \"0\", \"Code\": \"Odd\", \"SenderFault\": false}]}"
      })
  void anAnswerThatDoesNotNameTheMessageAsDeletedIsNotBelieved(String answer) {
    Fault odd = call -> SqsProxy.Answer.whole(200, answer);
    proxy.on(SqsProxy.DELETE, odd.first(2));
    inFlight(
        30,
        System.nanoTime(),
        acknowledger -> {
          acknowledger.loaded(deliveries.rest(), 1);

          Awaitility.await().until(() -> deliveries.account().count(Outcome.LOADED) == 1);
          assertThat(proxy.calls(SqsProxy.DELETE)).isEqualTo(3);
          assertThat(queues.left()).isZero();
        });
  }

  @Test
  void aDeleteIsNotWaitedForWhenSqsCanHideTheMessageNoLonger() {
    proxy.on(SqsProxy.DELETE, Fault.denied());
    inFlight(
        30,
        System.nanoTime() - Duration.ofHours(13).toNanos(),
        acknowledger -> {
          acknowledger.loaded(deliveries.rest(), 1);

          Awaitility.await().until(() -> deliveries.account().count(Outcome.LOADED) == 1);
          assertThat(gate.holds()).isEmpty();
        });
  }

  @Test
  void returnedMessagesAreVisibleAtOnceAlthoughThreeCallsFail() {
    proxy.on(SqsProxy.CHANGE_VISIBILITY, Fault.denied().first(3));
    inFlight(
        600,
        System.nanoTime(),
        acknowledger -> {
          acknowledger.returned(deliveries.rest());

          Awaitility.await().until(() -> queues.visible() == 1);
          Awaitility.await().until(() -> deliveries.account().count(Outcome.RETURNED) == 1);
        });
  }

  /**
   * Refuses deletes, but only once all messages are in flight, because the first refusals pause
   * receiving.
   */
  private void refuseDeletes() {
    proxy.on(
        SqsProxy.DELETE,
        call -> {
          allInFlight.await();
          return Fault.denied().answer(call);
        });
  }

  private void awaitAllInFlight(Run run) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> run.account().inFlight() == MESSAGES);
    allInFlight.countDown();
  }

  /** Receives one message, hidden for this long, and settles it with the given action. */
  private void inFlight(int hiddenSeconds, long receivedNanos, Consumer<Acknowledger> settle) {
    queues = TestQueues.create(hiddenSeconds);
    queues.send(List.of("{}"));
    SqsQueue source = new SqsQueue("source", queues.sourceUrl(), "", hiddenSeconds, 1 << 20);
    ReceivedMessages.these(
        deliveries,
        Shared.sqs()
            .client()
            .receiveMessage(
                request ->
                    request
                        .queueUrl(queues.sourceUrl())
                        .messageSystemAttributeNamesWithStrings("All"))
            .messages(),
        receivedNanos);
    ExecutorService calls = Executors.newSingleThreadExecutor();
    try (proxy;
        SqsClient sqs = Shared.sqs().clientThrough(proxy.url())) {
      settle.accept(new Acknowledger(new SqsBatchCalls(sqs, source), deliveries, gate, calls));
    } finally {
      calls.shutdownNow();
    }
  }
}
