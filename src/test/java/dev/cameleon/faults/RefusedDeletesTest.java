package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.settle.Acknowledger;
import dev.cameleon.settle.Brake;
import dev.cameleon.settle.Deliveries;
import dev.cameleon.settle.Gate;
import dev.cameleon.settle.Outcome;
import dev.cameleon.settle.Queue;
import dev.cameleon.settle.Received;
import dev.cameleon.support.Run;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.SqsClient;

/** What is loaded and cannot be deleted is kept until it can be, and is nobody's dead letter. */
class RefusedDeletesTest {
  private static final int MESSAGES = 60;
  private static final int MALFORMED_EVERY = 10;

  @TempDir private Path folder;

  private final SqsProxy proxy = SqsProxy.start();

  @Test
  void deletesThatAreRefusedForLongHoldReceivingAndNoLoadedMessageIsRedriven() throws Exception {
    try (proxy) {
      Site site = Site.in(folder, 4).with("AWS_ENDPOINT_URL", proxy.url());
      site.with("CAMELEON_IN_HAND_TIME", "5s").queues().redrive(1);
      Traffic traffic = new Traffic(site).send(MESSAGES, MALFORMED_EVERY);
      proxy.on(SqsProxy.DELETE, Fault.denied());

      try (Run run = Run.on(site)) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> site.queues().deadLetters() == traffic.malformed());
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(
                () -> run.health().ready().problems().getOrDefault("DELETES", "").contains("403"));
        traffic.send(1, 0); // while nothing is received, nobody takes it
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

  @Test
  void aDeleteThatFailsThreeTimesNeedsNoHold() {
    proxy.on(SqsProxy.DELETE, Fault.denied().first(3));
    Gate gate = new Gate();
    Deliveries deliveries = new Deliveries(10, 1 << 20, new Brake(gate, 100));
    String url = TestQueues.create(30).sourceUrl();
    ExecutorService calls = Executors.newSingleThreadExecutor();
    try (proxy;
        SqsClient sqs = Shared.sqs().clientThrough(proxy.url())) {
      Received.one(deliveries, "a");

      // Nobody calls retryDeletes(): what the first four attempts leave would stay.
      new Acknowledger(sqs, new Queue("source", url, "", 30, 1 << 20), deliveries, gate, calls)
          .loaded(deliveries.rest(), 1);

      Awaitility.await().until(() -> proxy.calls(SqsProxy.DELETE) == 4);
      Awaitility.await().until(() -> deliveries.account().count(Outcome.LOADED) == 1);
      assertThat(gate.holds()).isEmpty();
    } finally {
      calls.shutdownNow();
    }
  }
}
