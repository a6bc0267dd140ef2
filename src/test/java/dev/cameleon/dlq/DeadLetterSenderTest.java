package dev.cameleon.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.Violation;
import dev.cameleon.sqs.Acknowledger;
import dev.cameleon.sqs.DeadLetterBrake;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.InFlightMessages;
import dev.cameleon.sqs.MessageTracing;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.sqs.ReceivedMessages;
import dev.cameleon.sqs.SqsBatchCalls;
import dev.cameleon.sqs.SqsQueue;
import dev.cameleon.support.Shared;
import dev.cameleon.support.TestQueues;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.SqsClient;

class DeadLetterSenderTest {
  private final TestQueues queues = TestQueues.create(30);
  private final InFlightMessages deliveries =
      new InFlightMessages(
          1000, 1L << 30, new DeadLetterBrake(new ReceiveGate(), 100), MessageTracing.OFF);
  private final ReceiveGate gate = new ReceiveGate();
  private final ExecutorService calls = Executors.newFixedThreadPool(2);
  private final SqsQueue source = new SqsQueue("source", queues.sourceUrl(), "", 30, 1 << 20);

  @AfterEach
  void stop() {
    calls.shutdownNow();
  }

  @Test
  void manyAndLargeDeadLettersAreSentWithinTheLimitsOfSqs() throws Exception {
    List<DeadLetter> deadLetters = new ArrayList<>();
    for (int i = 0; i < 25; i++) {
      deadLetters.add(deadLetter("small " + i));
    }
    for (int i = 0; i < 4; i++) {
      deadLetters.add(deadLetter("x".repeat(400_000)));
    }

    List<Delivery> accepted = queue(queues.deadLetterUrl()).send(deadLetters);

    assertThat(accepted).hasSize(29);
    assertThat(queues.deadLetters()).isEqualTo(29);
  }

  @Test
  void aBodyThatFitsNowhereIsReturnedAndTheOthersAreSent() throws Exception {
    DeadLetter tooLarge = deadLetter("x".repeat(SqsBatchCalls.MAX_CALL_BYTES + 1));

    List<Delivery> accepted =
        queue(queues.deadLetterUrl()).send(List.of(deadLetter("a"), tooLarge, deadLetter("b")));

    assertThat(accepted).hasSize(2);
    Awaitility.await().until(() -> deliveries.account().count(Outcome.RETURNED) == 1);
    assertThat(gate.holds()).isEmpty();
  }

  @Test
  void aQueueThatDoesNotAcceptPausesReceivingAndThePauseEndsWithTheStop() throws Exception {
    ExecutorService sender = Executors.newSingleThreadExecutor();
    DeadLetter deadLetter = deadLetter("a");
    Future<List<Delivery>> sent =
        sender.submit(() -> queue(queues.deadLetterUrl() + "-gone").send(List.of(deadLetter)));

    Awaitility.await().until(() -> gate.isClosed(ReceiveGate.Hold.DEAD_LETTER_QUEUE));
    gate.stop();

    assertThat(sent.get()).isEmpty();
    Awaitility.await().until(() -> deliveries.account().count(Outcome.RETURNED) == 1);
    sender.shutdownNow();
  }

  @Test
  void receivingStaysPausedForAsLongAsASendHangs() throws Exception {
    ExecutorService sender = Executors.newSingleThreadExecutor();
    Future<List<Delivery>> sent;
    DeadLetterSender queue;
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      SqsClient sqs = Shared.sqs().clientThrough("http://127.0.0.1:" + silent.getLocalPort());
      queue = queue(sqs, queues.deadLetterUrl());
      DeadLetter deadLetter = deadLetter("a");
      sent = sender.submit(() -> queue.send(List.of(deadLetter)));
      try (Socket asked = silent.accept()) {
        long now = System.nanoTime();
        queue.reconsider(now);
        assertThat(gate.holds()).as("at once, to %s", asked).isEmpty();
        // Each second, for longer than a past failure is remembered.
        for (int seconds = 11; seconds < 120; seconds++) {
          queue.reconsider(now + TimeUnit.SECONDS.toNanos(seconds));
          assertThat(gate.holds()).containsKey(ReceiveGate.Hold.DEAD_LETTER_QUEUE);
        }
        gate.stop();
      }
    }

    assertThat(sent.get()).as("the connection broke, and no other is accepted").isEmpty();
    queue.reconsider(System.nanoTime() + TimeUnit.SECONDS.toNanos(20));
    assertThat(gate.holds()).isEmpty();
    sender.shutdownNow();
  }

  private DeadLetterSender queue(String url) {
    return queue(Shared.sqs().client(), url);
  }

  private DeadLetterSender queue(SqsClient sqs, String url) {
    Acknowledger acknowledger =
        new Acknowledger(new SqsBatchCalls(Shared.sqs().client(), source), deliveries, gate, calls);
    return new DeadLetterSender(
        new SqsBatchCalls(sqs, new SqsQueue("dlq", url, "", 30, 1 << 20)),
        source.name(),
        Optional.empty(),
        Set::of,
        gate,
        acknowledger,
        60_000_000_000L);
  }

  private DeadLetter deadLetter(String body) {
    software.amazon.awssdk.services.sqs.model.Message message = ReceivedMessages.message(body);
    deliveries.receive(List.of(message), System.nanoTime());
    return new DeadLetter(
        Delivery.of(message, System.nanoTime()), Violation.NOT_JSON, "", "broken", "");
  }
}
