package dev.cameleon.dlq;

import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.SqsBatchCalls;
import dev.cameleon.sqs.SqsQueue;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;

/** Receives messages of a queue for inspection, and returns them. */
public final class QueuePeek {
  private static final int WAIT_SECONDS = 1;

  private final SqsClient sqs;
  private final SqsQueue queue;
  private final List<Message> seen = new ArrayList<>();

  /** Reads one queue. */
  public QueuePeek(SqsClient sqs, SqsQueue queue) {
    this.sqs = sqs;
    this.queue = queue;
  }

  /** Up to {@code limit} messages; fewer if the queue has no more. */
  public List<Message> receive(int limit) {
    while (seen.size() < limit) {
      int most = Math.min(SqsBatchCalls.ENTRIES_PER_CALL, limit - seen.size());
      List<Message> more =
          sqs.receiveMessage(
                  request ->
                      request
                          .queueUrl(queue.url())
                          .maxNumberOfMessages(most)
                          .messageAttributeNames("All")
                          .messageSystemAttributeNames(Delivery.SYSTEM_ATTRIBUTES)
                          .waitTimeSeconds(WAIT_SECONDS))
              .messages();
      if (more.isEmpty()) {
        break;
      }
      seen.addAll(more);
    }
    return List.copyOf(seen);
  }

  /**
   * Makes all of them visible again.
   *
   * @return why some reappear only after their visibility timeout; an empty string if none does
   */
  public String returnToQueue() {
    String failure = "";
    SqsBatchCalls calls = new SqsBatchCalls(sqs, queue);
    for (List<Message> chunk : SqsBatchCalls.chunks(seen)) {
      String why = calls.changeVisibility(chunk, Message::receiptHandle, message -> 0).failure();
      failure = why.isEmpty() ? failure : why;
    }
    return failure;
  }
}
