package dev.cameleon.dlq;

import dev.cameleon.sqs.SqsQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;

/** Deletes or returns the messages that a reader hides. Thread-safe. */
final class ReadMessages {
  private final SqsClient sqs;
  private final SqsQueue queue;
  private final Receipts receipts;
  private final AtomicLong reappeared = new AtomicLong();

  ReadMessages(SqsClient sqs, SqsQueue queue, Receipts receipts) {
    this.sqs = sqs;
    this.queue = queue;
    this.receipts = receipts;
  }

  /** {@link DeadLetterReader#delete}. */
  List<String> delete(List<String> ids) throws InterruptedException {
    List<String> deleted = new ArrayList<>(receipts.stillHidden(ids));
    reappeared.addAndGet(ids.size() - deleted.size());
    deleted.removeAll(BatchCalls.forAll(List.copyOf(deleted), this::deleteOnce));
    deleted.forEach(receipts::remove);
    return deleted;
  }

  /** {@link DeadLetterReader#reappeared}. */
  long reappeared() {
    return reappeared.get();
  }

  private List<BatchResultErrorEntry> deleteOnce(List<String> ids) {
    List<DeleteMessageBatchRequestEntry> entries = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      entries.add(
          DeleteMessageBatchRequestEntry.builder()
              .id(Integer.toString(i))
              .receiptHandle(receipts.handle(ids.get(i)))
              .build());
    }
    return sqs.deleteMessageBatch(request -> request.queueUrl(queue.url()).entries(entries))
        .failed();
  }

  /** {@link DeadLetterReader#returnToQueue}. */
  int returnToQueue(LongConsumer progress) throws InterruptedException {
    ConcurrentLinkedQueue<List<String>> chunks =
        new ConcurrentLinkedQueue<>(BatchCalls.chunks(receipts.ids()));
    AtomicInteger failed = new AtomicInteger();
    AtomicLong done = new AtomicLong();
    BatchCalls.atATime(
        DeadLetterReader.CALLS,
        () -> {
          for (List<String> chunk = chunks.poll(); chunk != null; chunk = chunks.poll()) {
            failed.addAndGet(
                BatchCalls.forAll(receipts.stillHidden(chunk), this::returnOnce).size());
            chunk.forEach(receipts::remove);
            progress.accept(done.addAndGet(chunk.size()));
          }
        });
    return failed.get();
  }

  private List<BatchResultErrorEntry> returnOnce(List<String> ids) {
    List<ChangeMessageVisibilityBatchRequestEntry> entries = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      entries.add(
          ChangeMessageVisibilityBatchRequestEntry.builder()
              .id(Integer.toString(i))
              .receiptHandle(receipts.handle(ids.get(i)))
              .visibilityTimeout(0)
              .build());
    }
    return sqs.changeMessageVisibilityBatch(
            request -> request.queueUrl(queue.url()).entries(entries))
        .failed();
  }
}
