package dev.cameleon.settle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Shared;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.SqsClient;

class DeletionsTest {
  private static final long NO_TIME = 0;

  private final Gate gate = new Gate();
  private final Deliveries deliveries = new Deliveries(1000, 1L << 30, new Brake(gate, 100));
  private final Queue source = new Queue("source", "http://localhost/source", "", 30, 1 << 20);

  @Test
  void deletesThatHangPauseReceivingAndWhatTheyAreForIsNotGivenBack() throws Exception {
    ExecutorService calls = Executors.newSingleThreadExecutor();
    Received.one(deliveries, "a");
    Received.one(deliveries, "b");
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        SqsClient sqs = Shared.sqs().clientThrough("http://127.0.0.1:" + silent.getLocalPort())) {
      Deletions deletions = new Deletions(sqs, source, deliveries, calls, gate);
      for (Delivery each : deliveries.rest()) {
        deletions.delete(List.of(each), Outcome.LOADED); // the second waits for the one thread
      }
      try (Socket asked = silent.accept()) {
        long now = System.nanoTime();
        deletions.retry(now);
        assertThat(gate.holds()).as("at once, to %s", asked).isEmpty();
        for (int seconds = 11; seconds < 60; seconds++) {
          deletions.retry(now + TimeUnit.SECONDS.toNanos(seconds));
          assertThat(gate.holds()).containsKey(Gate.Hold.DELETES);
        }
        assertThat(deliveries.forgotten(NO_TIME)).isEmpty();
        deletions.end();
      }
    }
    Awaitility.await().until(() -> deliveries.account().inFlight() == 0);
    assertThat(deliveries.account().count(Outcome.LOADED)).isEqualTo(2);
    assertThat(gate.holds()).isEmpty();
    calls.shutdownNow();
  }

  @Test
  void whatWasForgottenIsGivenBackOnce() {
    Received.one(deliveries, "a");

    assertThat(deliveries.forgotten(NO_TIME)).hasSize(1);
    assertThat(deliveries.forgotten(NO_TIME)).isEmpty();
  }

  @Test
  void aCallThatFailsUnexpectedlyHasNotSucceeded() {
    Received.one(deliveries, "a");

    Persistence.Left left =
        Persistence.persist(
            deliveries.rest(),
            2,
            chunk -> {
              throw new IllegalStateException("a fault of the client");
            });

    assertThat(left.deliveries()).hasSize(1);
    assertThat(left.why()).isNotEmpty().doesNotContain("a fault");
  }
}
