package dev.cameleon.dlq;

import dev.cameleon.sqs.Acknowledger;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.SqsQueue;
import dev.cameleon.sqs.VisibilityExtender;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;

/** Reads messages without keeping them: closing makes all of them visible again. */
public final class QueuePeek implements AutoCloseable {
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
      int most = Math.min(Acknowledger.ENTRIES_PER_CALL, limit - seen.size());
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

  @Override
  public void close() {
    List<Delivery> all = new ArrayList<>();
    for (Message message : seen) {
      all.add(Delivery.of(message, System.nanoTime()));
    }
    for (List<Delivery> chunk : Acknowledger.chunks(all)) {
      VisibilityExtender.change(sqs, queue, chunk, delivery -> 0);
    }
  }
}
