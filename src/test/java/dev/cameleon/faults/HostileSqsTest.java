package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.faults.SqsProxy.Answer;
import dev.cameleon.sqs.Account;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** SQS at its worst: in the end every message is one row or one dead letter, none is left. */
class HostileSqsTest {
  private static final int VISIBILITY_SECONDS = 3;
  private static final int MESSAGES = 300;
  private static final int MALFORMED_EVERY = 30;

  /**
   * This many failing receives take at least {@link #LEAST_PAUSES}, because the three pollers pause
   * in between.
   */
  private static final int REFUSALS = 9;

  private static final Duration LEAST_PAUSES = Duration.ofMillis(1500);

  @TempDir private Path folder;

  private final SqsProxy proxy = SqsProxy.start();
  private Site site;
  private Traffic traffic;

  @BeforeEach
  void send() {
    send(1);
  }

  private void send(int events) {
    site =
        Site.in(folder.resolve("" + events), VISIBILITY_SECONDS)
            .with("AWS_ENDPOINT_URL", proxy.url());
    traffic = new Traffic(site, site.database(), events).send(MESSAGES, MALFORMED_EVERY);
  }

  @AfterEach
  void close() {
    proxy.close();
  }

  @Test
  void aMessageComesTwiceInOneBatchUnderTwoReceipts() throws Exception {
    proxy.on(SqsProxy.RECEIVE, Fault.twiceInOneBatch(false));

    Account account = survive();

    assertThat(account.count(Outcome.DUPLICATE)).isEqualTo(traffic.good());
    assertThat(account.received()).isEqualTo(2L * MESSAGES);
  }

  @Test
  void aMessageComesTwiceInOneBatchUnderOneReceipt() throws Exception {
    proxy.on(SqsProxy.RECEIVE, Fault.twiceInOneBatch(true));

    survive();
  }

  @Test
  void aMessageComesToTwoProcessesAtTheSameTime() throws Exception {
    Queue<Answer> copies = new ConcurrentLinkedQueue<>();
    proxy.on(SqsProxy.RECEIVE, Fault.copied(copies));
    try (SqsProxy second = SqsProxy.start().on(SqsProxy.RECEIVE, Fault.replayed(copies));
        Run one = Run.on(site);
        Run two = Run.on(site.with("AWS_ENDPOINT_URL", second.url()))) {
      traffic.awaitGone();
      Awaitility.await().until(() -> copies.isEmpty() && isIdle(one) && isIdle(two));

      assertThat(one.account().count(Outcome.LOADED) + two.account().count(Outcome.LOADED))
          .isEqualTo(traffic.good());
      assertThat(one.account().count(Outcome.DUPLICATE) + two.account().count(Outcome.DUPLICATE))
          .isPositive();
    }
    traffic.assertArrivedOnce();
  }

  @Test
  void messagesComeOutOfOrder() throws Exception {
    proxy.on(SqsProxy.RECEIVE, Fault.shuffled(new Random(7)));

    survive();
  }

  @Test
  void mostCallsAreAnsweredWith500() throws Exception {
    proxy.onAll(Fault.status(500).exceptEvery(3).first(100));

    survive();
  }

  @Test
  void mostCallsAreAnsweredWith503() throws Exception {
    proxy.onAll(Fault.status(503).exceptEvery(3).first(100));

    survive();
  }

  @Test
  void mostCallsAreThrottled() throws Exception {
    proxy.onAll(Fault.throttling().exceptEvery(3).first(100));

    survive();
  }

  @Test
  void answersAreSlow() throws Exception {
    proxy.onAll(Fault.slow(700));

    survive();
  }

  @Test
  void answersComeAfterTheClientGaveUp() throws Exception {
    // Not the first receives, so that later ones bring the messages that are deleted and sent
    // meanwhile.
    proxy.on(SqsProxy.RECEIVE, Fault.slow(40_000).only(2 * MALFORMED_EVERY / 10));
    proxy.on(SqsProxy.DELETE, Fault.slow(40_000).first(1));
    proxy.on(SqsProxy.SEND, Fault.slow(40_000).first(1));

    survive();
  }

  @Test
  void connectionsBreakInTheMiddleOfAnAnswer() throws Exception {
    proxy.onAll(Fault.cutInTheMiddle().every(3).first(60));

    survive();
  }

  @Test
  void answersAreLostAfterTheWorkWasDone() throws Exception {
    proxy.onAll(Fault.answerLost().every(3).first(60));

    survive();
  }

  @Test
  void deletesLoseTheirAnswersUntilTheClientGivesUp() throws Exception {
    proxy.on(SqsProxy.DELETE, Fault.answerLost().first(100));

    survive();
  }

  @Test
  void singleEntriesOfADeleteFail() throws Exception {
    proxy.on(SqsProxy.DELETE, Fault.firstEntryFails().every(2));

    assertThat(survive().count(Outcome.DUPLICATE)).as("what failed is tried again").isZero();
  }

  @Test
  void singleEntriesOfADeleteAreRefused() throws Exception {
    proxy.on(SqsProxy.DELETE, Fault.firstReceiptIsRefused());

    survive();
  }

  @Test
  void receivesThatAreRefusedBackOff() throws Exception {
    proxy.on(SqsProxy.RECEIVE, Fault.denied());
    try (Run run = Run.on(site)) {
      Awaitility.await().until(() -> run.health().ready().problems().containsKey("QUEUE"));
      long began = System.nanoTime();
      int calls = proxy.calls(SqsProxy.RECEIVE);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> proxy.calls(SqsProxy.RECEIVE) >= calls + REFUSALS);
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(LEAST_PAUSES);
      proxy.heal();
      assertSettled(run);
    }
    traffic.assertArrivedOnce();
  }

  @Test
  void singleDeadLettersFailAndAreSentAgain() throws Exception {
    proxy.on(SqsProxy.SEND, Fault.firstEntryFails().first(3));

    survive();
  }

  @Test
  void theServiceIsAwayAndReadinessSaysSoUntilItIsBack() throws Exception {
    proxy.onAll(Fault.noAnswer());
    try (Run run = Run.on(site)) {
      Awaitility.await().until(() -> run.health().ready().problems().containsKey("QUEUE"));
      proxy.heal();
      Awaitility.await().until(() -> run.health().ready().up());
      assertSettled(run);
    }
    traffic.assertArrivedOnce();
  }

  private static Stream<Named<Consumer<SqsProxy>>> faultsOfDeletesAndDuplicates() {
    return Stream.of(
        Named.of("twice", sqs -> sqs.on(SqsProxy.RECEIVE, Fault.twiceInOneBatch(false))),
        Named.of("late deletes", sqs -> sqs.on(SqsProxy.DELETE, Fault.slow(4_000).every(3))),
        Named.of("lost answers", sqs -> sqs.onAll(Fault.answerLost().every(3).first(60))),
        Named.of("refused", sqs -> sqs.on(SqsProxy.DELETE, Fault.firstReceiptIsRefused())),
        Named.of("denied", sqs -> sqs.on(SqsProxy.DELETE, Fault.denied().first(10))));
  }

  @ParameterizedTest
  @MethodSource("faultsOfDeletesAndDuplicates")
  void ofThreeEventsInAMessageAllAreLoadedOnceOrNone(Consumer<SqsProxy> fault) throws Exception {
    send(3);
    fault.accept(proxy);

    survive();
  }

  /** Runs until all is settled, and checks the account of it. */
  private Account survive() throws Exception {
    Account account;
    try (Run run = Run.on(site)) {
      account = assertSettled(run);
    }
    traffic.assertArrivedOnce();
    assertThat(proxy.calls(SqsProxy.DELETE)).as("deletes seen by the proxy").isPositive();
    return account;
  }

  private Account assertSettled(Run run) {
    traffic.awaitGone();
    Awaitility.await().until(() -> isIdle(run));
    Account account = run.account();
    assertThat(account.received()).isGreaterThanOrEqualTo(MESSAGES);
    assertThat(account.count(Outcome.LOADED)).isEqualTo(traffic.good());
    assertThat(account.count(Outcome.DEAD_LETTERED)).isGreaterThanOrEqualTo(traffic.malformed());
    return account;
  }

  private static boolean isIdle(Run run) {
    return run.account().inFlight() == 0;
  }
}
