package dev.cameleon.settle;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequestEntry;

/**
 * Keeps what is in hand invisible: messages that wait for a database that is away are not received
 * a second time meanwhile, so their receive counts do not climb. Only up to a limit; what cannot be
 * finished by then is given back.
 */
public final class Visibility {
  private static final Logger LOG = LoggerFactory.getLogger(Visibility.class);

  /**
   * A queue with a shorter timeout than this is extended by this: a call must reach SQS in time.
   */
  private static final int LEAST_SECONDS = 10;

  private final SqsClient sqs;
  private final Queue source;
  private final Deliveries deliveries;
  private final ExecutorService calls;
  private final long limitNanos;
  private final int seconds;

  /**
   * Makes one.
   *
   * @param calls makes the calls to SQS
   * @param limitNanos the longest that a message is kept in hand
   */
  public Visibility(
      SqsClient sqs, Queue source, Deliveries deliveries, ExecutorService calls, long limitNanos) {
    this.sqs = sqs;
    this.source = source;
    this.deliveries = deliveries;
    this.calls = calls;
    this.limitNanos = limitNanos;
    this.seconds = Math.max(LEAST_SECONDS, source.visibilitySeconds());
  }

  /** Extends what has less than half of its time left. To be called once a second. */
  public void extend() {
    long now = System.nanoTime();
    long half = TimeUnit.SECONDS.toNanos(source.visibilitySeconds()) / 2;
    List<Delivery> due =
        deliveries.claimDue(now, half, limitNanos, now + TimeUnit.SECONDS.toNanos(seconds));
    for (List<Delivery> chunk : Acknowledger.chunks(due)) {
      calls.execute(() -> extend(chunk));
    }
  }

  private void extend(List<Delivery> chunk) {
    List<Delivery> again = chunk;
    try {
      List<BatchResultErrorEntry> failed = change(sqs, source, chunk, delivery -> seconds);
      // A receipt that SQS refuses was settled meanwhile, or lapsed: then its second delivery ends
      // as a duplicate.
      again = Acknowledger.retryable(chunk, failed);
    } catch (SdkException e) {
      LOG.debug("Not extended, will retry. why={}", SqsFailures.describe(e));
    }
    deliveries.notExtended(again);
  }

  /**
   * Makes one call for up to 10 deliveries.
   *
   * @param seconds from now, for each; 0 makes it visible
   * @return the entries that failed, by their index
   */
  static List<BatchResultErrorEntry> change(
      SqsClient sqs, Queue queue, List<Delivery> chunk, ToIntFunction<Delivery> seconds) {
    List<ChangeMessageVisibilityBatchRequestEntry> entries = new ArrayList<>(chunk.size());
    for (int i = 0; i < chunk.size(); i++) {
      entries.add(
          ChangeMessageVisibilityBatchRequestEntry.builder()
              .id(Integer.toString(i))
              .receiptHandle(chunk.get(i).receiptHandle())
              .visibilityTimeout(seconds.applyAsInt(chunk.get(i)))
              .build());
    }
    return sqs.changeMessageVisibilityBatch(
            request -> request.queueUrl(queue.url()).entries(entries))
        .failed();
  }
}
