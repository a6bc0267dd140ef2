package dev.cameleon.support;

import dev.cameleon.sqs.SqsBatchCalls;
import dev.cameleon.sqs.SqsQueue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/** A source queue and a dead-letter queue for one test. */
public final class TestQueues {
  private final SqsClient client;
  private final String name;
  private final String deadLetterName;
  private final String sourceUrl;
  private final String deadLetterUrl;

  private TestQueues(SqsClient client, int visibilitySeconds, String suffix) {
    this.client = client;
    String both = "login-" + UUID.randomUUID();
    this.name = both + suffix;
    this.deadLetterName = both + "-dlq" + suffix;
    this.sourceUrl = create(name, visibilitySeconds);
    this.deadLetterUrl = create(deadLetterName, 30);
  }

  /** Creates standard queues. */
  public static TestQueues create(int visibilitySeconds) {
    return create(visibilitySeconds, Shared.sqs());
  }

  /** Makes them in a service of the test's own. */
  static TestQueues create(int visibilitySeconds, LocalSqs sqs) {
    return new TestQueues(sqs.client(), visibilitySeconds, "");
  }

  /** Creates FIFO queues. */
  public static TestQueues fifo(int visibilitySeconds) {
    return new TestQueues(Shared.sqs().client(), visibilitySeconds, SqsQueue.FIFO);
  }

  private String create(String queue, int visibilitySeconds) {
    Map<QueueAttributeName, String> attributes = new HashMap<>();
    attributes.put(QueueAttributeName.VISIBILITY_TIMEOUT, Integer.toString(visibilitySeconds));
    if (queue.endsWith(SqsQueue.FIFO)) {
      attributes.put(QueueAttributeName.FIFO_QUEUE, "true");
    }
    return client
        .createQueue(request -> request.queueName(queue).attributes(attributes))
        .queueUrl();
  }

  /** The environment variables for these queues. */
  public Map<String, String> environment() {
    return Map.of("CAMELEON_QUEUE", name, "CAMELEON_DEAD_LETTER_QUEUE", deadLetterName);
  }

  /** The source queue's URL. */
  public String sourceUrl() {
    return sourceUrl;
  }

  /** The dead-letter queue's URL. */
  public String deadLetterUrl() {
    return deadLetterUrl;
  }

  /**
   * Sets a redrive policy: SQS moves messages that were received more often than this to the
   * dead-letter queue.
   */
  public TestQueues redrive(int maxReceiveCount) {
    String arn =
        client
            .getQueueAttributes(
                request ->
                    request.queueUrl(deadLetterUrl).attributeNames(QueueAttributeName.QUEUE_ARN))
            .attributes()
            .get(QueueAttributeName.QUEUE_ARN);
    String policy =
        String.format(
            "{\"deadLetterTargetArn\": \"%s\", \"maxReceiveCount\": %d}", arn, maxReceiveCount);
    client.setQueueAttributes(
        request ->
            request
                .queueUrl(sourceUrl)
                .attributes(Map.of(QueueAttributeName.REDRIVE_POLICY, policy)));
    return this;
  }

  /** Sends bodies to the source queue; returns their message ids in order. */
  public List<String> send(List<String> bodies) {
    List<String> ids = new ArrayList<>();
    for (int from = 0; from < bodies.size(); from += 10) {
      List<SendMessageBatchRequestEntry> entries = new ArrayList<>();
      for (String body : bodies.subList(from, Math.min(from + 10, bodies.size()))) {
        entries.add(
            SendMessageBatchRequestEntry.builder()
                .id(Integer.toString(entries.size()))
                .messageBody(body)
                .build());
      }
      Map<String, String> byEntry = new HashMap<>();
      client
          .sendMessageBatch(request -> request.queueUrl(sourceUrl).entries(entries))
          .successful()
          .forEach(sent -> byEntry.put(sent.id(), sent.messageId()));
      entries.forEach(entry -> ids.add(byEntry.get(entry.id())));
    }
    return ids;
  }

  /** Sends bodies to a group of the source queue, which is a FIFO queue. */
  public void sendTo(String group, List<String> bodies) {
    for (List<String> ten : SqsBatchCalls.chunks(bodies)) {
      List<SendMessageBatchRequestEntry> entries = new ArrayList<>();
      for (String body : ten) {
        entries.add(
            SendMessageBatchRequestEntry.builder()
                .id(Integer.toString(entries.size()))
                .messageBody(body)
                .messageGroupId(group)
                .messageDeduplicationId(UUID.randomUUID().toString())
                .build());
      }
      if (!client
          .sendMessageBatch(request -> request.queueUrl(sourceUrl).entries(entries))
          .failed()
          .isEmpty()) {
        throw new IllegalStateException("not all were sent");
      }
    }
  }

  /** Sends one body with message attributes. */
  public String send(String body, Map<String, String> attributes) {
    Map<String, MessageAttributeValue> values = new HashMap<>();
    attributes.forEach(
        (key, value) ->
            values.put(
                key,
                MessageAttributeValue.builder().dataType("String").stringValue(value).build()));
    return sendTyped(body, values);
  }

  /** Sends one body with message attributes of any type. */
  public String sendTyped(String body, Map<String, MessageAttributeValue> values) {
    return client
        .sendMessage(
            request -> request.queueUrl(sourceUrl).messageBody(body).messageAttributes(values))
        .messageId();
  }

  /** Takes all dead letters off the dead-letter queue. */
  public List<Message> takeDeadLetters() {
    List<Message> taken = receive(deadLetterUrl);
    for (Message message : taken) {
      client.deleteMessage(
          request -> request.queueUrl(deadLetterUrl).receiptHandle(message.receiptHandle()));
    }
    return taken;
  }

  /** Receives all messages of the source queue, with their attributes; they stay hidden. */
  public List<Message> receiveSource() {
    return receive(sourceUrl);
  }

  private List<Message> receive(String url) {
    List<Message> received = new ArrayList<>();
    List<Message> some;
    do {
      some =
          client
              .receiveMessage(
                  request ->
                      request
                          .queueUrl(url)
                          .maxNumberOfMessages(10)
                          .messageSystemAttributeNames(MessageSystemAttributeName.ALL)
                          .messageAttributeNames("All"))
              .messages();
      received.addAll(some);
    } while (!some.isEmpty());
    return received;
  }

  /** Messages of any kind on the source queue. */
  public long left() {
    return depth(sourceUrl);
  }

  /** Messages of any kind on the dead-letter queue. */
  public long deadLetters() {
    return depth(deadLetterUrl);
  }

  /** Messages on the source queue that anybody could receive now. */
  public long visible() {
    return count(sourceUrl, QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES);
  }

  /** Messages of the source queue that somebody has in flight. */
  public long hidden() {
    return count(sourceUrl, QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE);
  }

  private long depth(String url) {
    return count(
        url,
        QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES,
        QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE,
        QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_DELAYED);
  }

  private long count(String url, QueueAttributeName... kinds) {
    return count(client, url, kinds);
  }

  /**
   * How many messages of these kinds a queue has. A message that was returned just now is counted
   * as visible from the next millisecond on, as far as ElasticMQ's clock can tell.
   */
  static long count(SqsClient client, String url, QueueAttributeName... kinds) {
    long now = System.currentTimeMillis();
    while (System.currentTimeMillis() <= now + 1) {
      Thread.onSpinWait();
    }
    return client
        .getQueueAttributes(request -> request.queueUrl(url).attributeNames(kinds))
        .attributes()
        .values()
        .stream()
        .mapToLong(Long::parseLong)
        .sum();
  }

  /** A dead letter's attribute, or an empty string. */
  public static String attribute(Message deadLetter, String name) {
    MessageAttributeValue value = deadLetter.messageAttributes().get(name);
    return value == null ? "" : value.stringValue();
  }
}
