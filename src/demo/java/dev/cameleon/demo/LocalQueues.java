package dev.cameleon.demo;

import dev.cameleon.sqs.SourceMessage;
import dev.cameleon.sqs.SqsQueue;
import dev.cameleon.support.LocalSqs;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;

/** The queues as in production: {@code NAME}, redriven to {@code NAME-dlq}. */
final class LocalQueues {
  private static final int ENTRIES_PER_CALL = 10; // AWS

  private final SqsClient client;
  private final SqsQueue source;
  private final SqsQueue deadLetters;

  LocalQueues(LocalSqs sqs, String name) {
    client = sqs.client();
    String url = client.createQueue(request -> request.queueName(name + "-dlq")).queueUrl();
    String arn =
        client
            .getQueueAttributes(
                request -> request.queueUrl(url).attributeNames(QueueAttributeName.QUEUE_ARN))
            .attributes()
            .get(QueueAttributeName.QUEUE_ARN);
    String redrive = "{\"deadLetterTargetArn\":\"" + arn + "\",\"maxReceiveCount\":\"5\"}";
    client.createQueue(
        request ->
            request
                .queueName(name)
                .attributes(
                    Map.of(
                        QueueAttributeName.REDRIVE_POLICY,
                        redrive,
                        QueueAttributeName.VISIBILITY_TIMEOUT,
                        "30")));
    source = SqsQueue.find(client, name);
    deadLetters = SqsQueue.find(client, name + "-dlq");
  }

  /** The source queue's URL. */
  String url() {
    return source.url();
  }

  /** Sends bodies to the source queue; returns their message ids in order. */
  List<String> send(List<String> bodies) {
    List<SendMessageBatchRequestEntry> entries = new ArrayList<>();
    for (String body : bodies) {
      entries.add(entry(entries.size()).messageBody(body).build());
    }
    return sendEntries(entries);
  }

  /** Sends bodies again, like a replay, under the ids of the first sending. */
  void resend(List<String> bodies, List<String> ids, Instant sentAt) {
    List<SendMessageBatchRequestEntry> entries = new ArrayList<>();
    for (int i = 0; i < bodies.size(); i++) {
      Map<String, MessageAttributeValue> attributes =
          Map.of(
              SourceMessage.ID, text(ids.get(i)),
              SourceMessage.SENT_AT, text(sentAt.toString()));
      entries.add(entry(i).messageBody(bodies.get(i)).messageAttributes(attributes).build());
    }
    sendEntries(entries);
  }

  private static SendMessageBatchRequestEntry.Builder entry(int number) {
    return SendMessageBatchRequestEntry.builder().id(Integer.toString(number));
  }

  private static MessageAttributeValue text(String value) {
    return MessageAttributeValue.builder().dataType("String").stringValue(value).build();
  }

  private List<String> sendEntries(List<SendMessageBatchRequestEntry> entries) {
    String[] ids = new String[entries.size()];
    for (int from = 0; from < entries.size(); from += ENTRIES_PER_CALL) {
      List<SendMessageBatchRequestEntry> call =
          entries.subList(from, Math.min(from + ENTRIES_PER_CALL, entries.size()));
      SendMessageBatchResponse response =
          client.sendMessageBatch(request -> request.queueUrl(source.url()).entries(call));
      if (response.hasFailed() && !response.failed().isEmpty()) {
        throw new IllegalStateException(
            "the local SQS refused a sample: " + response.failed().get(0).code());
      }
      response.successful().forEach(s -> ids[Integer.parseInt(s.id())] = s.messageId());
    }
    return List.of(ids);
  }

  /** The messages left on the source queue. */
  SqsQueue.Depth left() {
    return source.depth(client);
  }

  /** How many dead letters there are. */
  long deadLetters() {
    SqsQueue.Depth depth = deadLetters.depth(client);
    return depth.visible() + depth.hidden() + depth.delayed();
  }

  /** Receives all dead letters and returns them. */
  List<Message> readDeadLetters() {
    List<Message> received = new ArrayList<>();
    List<Message> some;
    do {
      some =
          client
              .receiveMessage(
                  request ->
                      request
                          .queueUrl(deadLetters.url())
                          .maxNumberOfMessages(ENTRIES_PER_CALL)
                          .messageAttributeNames("All"))
              .messages();
      received.addAll(some);
    } while (!some.isEmpty());
    for (Message deadLetter : received) {
      client.changeMessageVisibility(
          request ->
              request
                  .queueUrl(deadLetters.url())
                  .receiptHandle(deadLetter.receiptHandle())
                  .visibilityTimeout(0));
    }
    return received;
  }
}
