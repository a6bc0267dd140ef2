package dev.cameleon.support;

import dev.cameleon.contract.Violation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/**
 * A dead-letter queue for one test, filled without a pipeline.
 *
 * @param url its URL
 */
public record DeadLetterBox(String url) {
  private static final int ENTRIES = 10;
  private static final int SENDERS = 4;

  /** The dead-letter queue of these queues. */
  public static DeadLetterBox of(TestQueues queues) {
    return new DeadLetterBox(queues.deadLetterUrl());
  }

  /** The attributes that the pipeline writes to a dead letter. */
  public static Map<String, String> attributes(Violation reason, String field, Instant failedAt) {
    Map<String, String> attributes = new LinkedHashMap<>();
    attributes.put("reason", reason.name());
    attributes.put("field", field);
    attributes.put(
        "detail", reason == Violation.CONTRACT ? "breaks the contract's type \"x\"" : "");
    attributes.put("source-message-id", UUID.randomUUID().toString());
    attributes.put("source-queue", "login-queue");
    attributes.put("sent-at", failedAt.minusSeconds(1).toString());
    attributes.put("failed-at", failedAt.toString());
    attributes.put("receive-count", "1");
    attributes.values().removeIf(String::isEmpty);
    return attributes;
  }

  /** Sends a dead letter; returns its id. */
  public String send(String body, Map<String, String> attributes) {
    return client()
        .sendMessage(
            request ->
                request.queueUrl(url).messageBody(body).messageAttributes(values(attributes)))
        .messageId();
  }

  /** Sends this many dead letters that broke the contract at {@code ip}. */
  public DeadLetterBox fill(int count) throws InterruptedException {
    ExecutorService senders = Executors.newFixedThreadPool(SENDERS);
    for (int from = 0; from < count; from += ENTRIES) {
      int first = from;
      senders.execute(() -> send(first, Math.min(first + ENTRIES, count)));
    }
    senders.shutdown();
    if (!senders.awaitTermination(5, TimeUnit.MINUTES)) {
      throw new IllegalStateException("not all were sent");
    }
    // ElasticMQ may count a message a millisecond after accepting it.
    Awaitility.await().until(() -> visible() == count);
    return this;
  }

  private void send(int from, int to) {
    List<SendMessageBatchRequestEntry> entries = new ArrayList<>();
    for (int n = from; n < to; n++) {
      entries.add(
          SendMessageBatchRequestEntry.builder()
              .id("n" + n)
              .messageBody(Events.body(n))
              .messageAttributes(values(attributes(Violation.CONTRACT, "ip", Instant.now())))
              .build());
    }
    client().sendMessageBatch(request -> request.queueUrl(url).entries(entries));
  }

  /** How many dead letters anybody could receive now. */
  public long visible() {
    return count(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES);
  }

  /** How many dead letters somebody has in flight. */
  public long hidden() {
    return count(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE);
  }

  private long count(QueueAttributeName kind) {
    return TestQueues.count(client(), url, kind);
  }

  private static SqsClient client() {
    return Shared.sqs().client();
  }

  private static Map<String, MessageAttributeValue> values(Map<String, String> attributes) {
    Map<String, MessageAttributeValue> values = new HashMap<>();
    attributes.forEach(
        (name, text) ->
            values.put(
                name,
                MessageAttributeValue.builder().dataType("String").stringValue(text).build()));
    return values;
  }
}
