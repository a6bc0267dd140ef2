package dev.cameleon.dlq;

import dev.cameleon.sqs.OutgoingMessage;
import dev.cameleon.sqs.SendBatchResult;
import dev.cameleon.sqs.SqsErrors;
import dev.cameleon.sqs.SqsQueue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/** The queue that messages are sent back to. Thread-safe. */
public final class SourceQueue {
  private static final int ATTEMPTS = 6;
  private static final long FIRST_PAUSE_MILLIS = 100;

  private final SqsClient sqs;
  private final SqsQueue queue;
  private final BooleanSupplier stop;

  /**
   * The result of a send, each message by its {@link ReplayMessage#sourceMessageId}.
   *
   * @param accepted messages that SQS stored
   * @param refused messages that SQS will never accept, with the error code
   * @param failure why the others were not sent; empty if there are none
   */
  public record Sent(Set<String> accepted, Map<String, String> refused, Optional<String> failure) {}

  /**
   * Sends to one queue.
   *
   * @param queue where to send
   * @param stop whether the operator asked to stop: then failed sends are not retried
   */
  public SourceQueue(SqsClient sqs, SqsQueue queue, BooleanSupplier stop) {
    this.sqs = sqs;
    this.queue = queue;
    this.stop = stop;
  }

  /** The queue. */
  public SqsQueue queue() {
    return queue;
  }

  /**
   * Sends messages in as few calls as SQS's limits allow, and waits for the answer to each. Failed
   * sends are retried a few times. If an answer is lost a message may be sent twice; it is loaded
   * once.
   *
   * @param messages messages with different ids
   */
  public Sent send(List<ReplayMessage> messages) throws InterruptedException {
    Set<String> accepted = new HashSet<>();
    Map<String, String> refused = new HashMap<>();
    for (List<ReplayMessage> call : OutgoingMessage.calls(messages, ReplayMessage::bytes)) {
      List<ReplayMessage> left = call;
      Optional<String> failure = Optional.empty();
      for (int attempt = 0; attempt < ATTEMPTS && !left.isEmpty(); attempt++) {
        if (attempt > 0) {
          if (stop.getAsBoolean()) {
            break;
          }
          TimeUnit.MILLISECONDS.sleep(FIRST_PAUSE_MILLIS << attempt);
        }
        List<ReplayMessage> again = new ArrayList<>();
        try {
          failure = once(left, accepted, refused, again);
        } catch (SdkException e) {
          failure = Optional.of(SqsErrors.describe(e));
          again.addAll(left);
          if (isFinal(e)) {
            return new Sent(accepted, refused, failure);
          }
        }
        left = again;
      }
      if (!left.isEmpty()) {
        return new Sent(accepted, refused, failure);
      }
    }
    return new Sent(accepted, refused, Optional.empty());
  }

  /** Makes one call; returns why some messages should be sent again. */
  private Optional<String> once(
      List<ReplayMessage> some,
      Set<String> accepted,
      Map<String, String> refused,
      List<ReplayMessage> again) {
    List<SendMessageBatchRequestEntry> entries = new ArrayList<>();
    for (int i = 0; i < some.size(); i++) {
      entries.add(some.get(i).outgoing().entry(Integer.toString(i)));
    }
    SendBatchResult answer =
        SendBatchResult.of(
            sqs.sendMessageBatch(request -> request.queueUrl(queue.url()).entries(entries)),
            entries.size());
    Optional<String> failure = Optional.empty();
    for (int i = 0; i < some.size(); i++) {
      ReplayMessage one = some.get(i);
      if (answer.accepted().contains(i)) {
        accepted.add(one.sourceMessageId());
      } else if (answer.refused().containsKey(i)) {
        refused.put(one.sourceMessageId(), answer.refused().get(i));
      } else {
        again.add(one);
        failure = Optional.of("SQS answered " + answer.failed().get(i));
      }
    }
    return failure;
  }

  /** Whether a retry cannot succeed, for example because the queue is gone or access is denied. */
  private static boolean isFinal(SdkException failure) {
    return failure instanceof AwsServiceException service
        && service.statusCode() / 100 == 4
        && !service.isThrottlingException();
  }
}
