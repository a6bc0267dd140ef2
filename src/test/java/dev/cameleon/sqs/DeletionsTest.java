package dev.cameleon.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Shared;
import dev.cameleon.support.TestQueues;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequest;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchResponse;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequest;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchResponse;
import software.amazon.awssdk.services.sqs.model.Message;

/** Deletes that hang, and calls that fail in a way that the SDK does not know. */
class DeletionsTest {
  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  private final TestQueues queues = TestQueues.create(600);
  private final ReceiveGate gate = new ReceiveGate();
  private final InFlightMessages deliveries =
      new InFlightMessages(1000, 1L << 30, new DeadLetterBrake(gate, 100), MessageTracing.OFF);
  private final SqsQueue source = new SqsQueue("source", queues.sourceUrl(), "", 600, 1 << 20);
  private final ThreadPoolExecutor calls = (ThreadPoolExecutor) Executors.newFixedThreadPool(4);
  private List<Delivery> inFlight;

  /** Two messages, received so long ago that unfinished ones are returned. */
  @BeforeEach
  void receive() {
    queues.send(List.of("{}", "{}"));
    long received = System.nanoTime() - 2 * MINUTE;
    Awaitility.await()
        .until(
            () -> {
              ReceivedMessages.these(deliveries, ask(), received);
              return deliveries.account().inFlight() == 2;
            });
    inFlight = deliveries.rest();
  }

  private List<Message> ask() {
    return Shared.sqs()
        .client()
        .receiveMessage(
            request ->
                request.queueUrl(queues.sourceUrl()).messageSystemAttributeNamesWithStrings("All"))
        .messages();
  }

  @AfterEach
  void stop() {
    calls.shutdownNow();
  }

  private Deletions deletions(SqsClient sqs, ExecutorService threads) {
    return new Deletions(new SqsBatchCalls(sqs, source), deliveries, threads, gate);
  }

  @Test
  void receivingPausesWhileADeleteHangsAndNoOtherSucceeds() throws Exception {
    ExecutorService more = Executors.newFixedThreadPool(2);
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        SqsClient hanging =
            Shared.sqs().clientThrough("http://127.0.0.1:" + silent.getLocalPort())) {
      Deletions deletions = deletions(hanging, more);
      deletions.delete(inFlight, Outcome.LOADED);
      try (Socket asked = silent.accept()) {
        deletions.retry(System.nanoTime());
        assertThat(gate.holds()).as("at once, to %s", asked).isEmpty();
        for (int seconds = 11; seconds < 120; seconds++) {
          deletions.retry(System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds));
          assertThat(gate.holds()).containsKey(ReceiveGate.Hold.DELETES);
        }
      }
    } finally {
      more.shutdownNow();
    }
  }

  @Test
  void thePauseEndsWhenADeleteSucceeds() throws Exception {
    Deletions deletions = deletions(Shared.sqs().client(), calls);
    gate.close(ReceiveGate.Hold.DELETES, "one hung");

    deletions.delete(inFlight, Outcome.LOADED);

    Awaitility.await().until(() -> deliveries.account().count(Outcome.LOADED) == 2);
    Awaitility.await().until(() -> gate.holds().isEmpty());
    deletions.retry(System.nanoTime() + MINUTE);
    assertThat(gate.holds()).as("nothing is under way").isEmpty();
  }

  @Test
  void finishedMessagesAreNotReturnedWhileTheirFirstDeleteWaits() throws Exception {
    Deletions deletions = deletions(Shared.sqs().client(), calls);
    for (int thread = 0; thread < calls.getMaximumPoolSize(); thread++) {
      calls.execute(DeletionsTest::hang);
    }

    deletions.delete(inFlight.subList(0, 1), Outcome.LOADED);

    assertThat(deliveries.overdue(MINUTE)).isEqualTo(inFlight.subList(1, 2));
    assertThat(deliveries.overdue(MINUTE)).as("returned once").isEmpty();
    assertThat(deliveries.claimDue(System.nanoTime(), MINUTE, MINUTE, MINUTE, MINUTE))
        .as("kept invisible")
        .isEqualTo(inFlight.subList(0, 1));
  }

  @Test
  void aDeleteThatFailsForAnUnknownReasonIsMadeAgain() {
    Deletions deletions = deletions(broken(), calls);

    deletions.delete(inFlight, Outcome.LOADED);

    Awaitility.await().until(() -> gate.isClosed(ReceiveGate.Hold.DELETES));
    assertThat(gate.holds().get(ReceiveGate.Hold.DELETES)).contains("IllegalStateException");
    assertThat(deliveries.account().inFlight()).isEqualTo(2);
    assertThat(deliveries.overdue(MINUTE)).isEmpty();
  }

  @Test
  void anExtensionThatFailsForAnUnknownReasonIsDueAtOnce() {
    long limit = Duration.ofHours(1).toNanos();
    inFlight.forEach(delivery -> deliveries.notExtended(List.of(delivery)));
    SqsQueue brief = new SqsQueue("source", queues.sourceUrl(), "", 30, 1 << 20);

    new VisibilityExtender(new SqsBatchCalls(broken(), brief), deliveries, calls, limit).extend();

    Awaitility.await()
        .until(
            () ->
                deliveries
                        .claimDue(
                            System.nanoTime(),
                            MINUTE,
                            TimeUnit.SECONDS.toNanos(1),
                            limit,
                            System.nanoTime() + MINUTE)
                        .size()
                    == 2);
  }

  /** A client whose calls fail like those of a closed connection pool. */
  private static SqsClient broken() {
    return new SqsClient() {
      @Override
      public String serviceName() {
        return "sqs";
      }

      @Override
      public DeleteMessageBatchResponse deleteMessageBatch(DeleteMessageBatchRequest request) {
        throw new IllegalStateException("what it says may be anything");
      }

      @Override
      public ChangeMessageVisibilityBatchResponse changeMessageVisibilityBatch(
          ChangeMessageVisibilityBatchRequest request) {
        throw new IllegalStateException("what it says may be anything");
      }

      @Override
      public void close() {}
    };
  }

  private static void hang() {
    try {
      TimeUnit.HOURS.sleep(1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
