package dev.cameleon.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.cameleon.aws.AwsClients;
import dev.cameleon.support.Shared;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageRequest;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageResponse;

/** Receives whose answers exceed the memory limit, from an HTTP server. */
class AnswerLimitTest {
  private static final int MAX_BYTES = 1_000_000;

  /** Five copies of it fit, but not together with {@link #IN_FLIGHT} small messages. */
  private static final int LARGE = 100_000;

  private static final int SMALL = 2_000;
  private static final int IN_FLIGHT = 55;

  private static final String ANSWER =
      """
      {"Messages": [{"MessageId": "00000000-0000-4000-8000-%012d", "ReceiptHandle": "%d",
        "Body": "%s", "MD5OfBody": "%s",
        "Attributes": {"SentTimestamp": "1700000000000", "ApproximateReceiveCount": "1"}}]}
      """;

  private final ReceiveGate gate = new ReceiveGate();
  private final InFlightMessages deliveries =
      new InFlightMessages(1000, MAX_BYTES, new DeadLetterBrake(gate, 100), MessageTracing.OFF);
  private final List<Message> inFlight = new ArrayList<>();
  private final AtomicInteger calls = new AtomicInteger();
  private volatile int bodyLength = SMALL;
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.getRequestBody().readAllBytes();
            byte[] answer = answer(calls.incrementAndGet(), "x".repeat(bodyLength));
            exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
          }
        });
    server.start();
    Shared.sqs();
    System.setProperty("aws.endpointUrl", "http://127.0.0.1:" + server.getAddress().getPort());
  }

  @AfterEach
  void stop() {
    System.setProperty("aws.endpointUrl", Shared.sqs().endpoint().toString());
    server.stop(0);
  }

  private static byte[] answer(int call, String body) {
    try {
      byte[] md5 = MessageDigest.getInstance("MD5").digest(body.getBytes(StandardCharsets.UTF_8));
      return ANSWER
          .formatted(call, call, body, HexFormat.of().formatHex(md5))
          .getBytes(StandardCharsets.UTF_8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A client with one connection that has seen only small messages and has many in flight. */
  private ReceivingSqsClient intake(AnswerLimit answers) {
    gate.start();
    ConcurrencyLimit limit = new ConcurrencyLimit(1, () -> true, now -> {});
    ReceivingSqsClient intake =
        new ReceivingSqsClient(
            AwsClients.sqs(1, answers),
            gate,
            new DeadLetterBrake(gate, 100),
            deliveries,
            limit,
            0,
            List.of());
    for (int answer = 0; answer < 60; answer++) {
      settle(receive(intake).messages());
    }
    for (int message = 0; message < IN_FLIGHT; message++) {
      inFlight.addAll(receive(intake).messages());
    }
    calls.set(0);
    bodyLength = LARGE;
    return intake;
  }

  private static ReceiveMessageResponse receive(ReceivingSqsClient intake) {
    return intake.receiveMessage(
        ReceiveMessageRequest.builder().queueUrl("http://localhost/0/q").build());
  }

  private void settle(List<Message> messages) {
    deliveries.settle(
        messages.stream().map(message -> Delivery.of(message, 0)).toList(), Outcome.LOADED);
  }

  @Test
  void anAnswerWithoutMemoryIsDiscardedUnreadAndIsNotAFailure() {
    try (ReceivingSqsClient intake = intake(new AnswerLimit(50))) {
      assertThat(receive(intake).messages()).isEmpty();
      // One call, without a retry by the SDK; nothing is in flight, and there is no reason to back
      // off.
      assertThat(calls).hasValue(1);
      assertThat(deliveries.account().inFlight()).isEqualTo(IN_FLIGHT);
      assertThat(intake.failure()).isEmpty();
      // The only connection is free again, for an answer that has memory now.
      settle(inFlight);
      assertThat(receive(intake).messages()).hasSize(1);
    }
  }

  @Test
  void anAnswerThatGetsMemoryInTimeIsRead() {
    try (ReceivingSqsClient intake = intake(new AnswerLimit(60_000))) {
      CompletableFuture<ReceiveMessageResponse> waiting =
          CompletableFuture.supplyAsync(() -> receive(intake));
      Awaitility.await().until(() -> calls.get() > 0);
      // There is memory for a small answer, but no receive begins: freed memory goes to the waiting
      // answer.
      settle(inFlight.subList(0, 5));
      assertThat(waiting).isNotDone();
      settle(inFlight);
      Awaitility.await().until(waiting::isDone);
      assertThat(waiting.join().messages()).hasSize(1);
      assertThat(calls).hasValue(1);
    }
  }
}
