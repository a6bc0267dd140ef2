package dev.cameleon.sqs;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequestEntry;

/**
 * Extends the visibility timeout of messages in flight, so that messages waiting for the database
 * are not received again and their receive counts do not climb. Each message is extended up to a
 * limit, and returned if it is not finished by then.
 */
public final class VisibilityExtender {
  private static final Logger LOG = LoggerFactory.getLogger(VisibilityExtender.class);

  /**
   * The shortest extension, also for a queue with a shorter timeout: the next call must reach SQS
   * in time.
   */
  private static final int LEAST_SECONDS = 10;

  /**
   * The longest extension, unless the queue's own timeout is longer: if the process dies, its
   * messages stay hidden for at most this time.
   */
  private static final int MOST_SECONDS = 600;

  /** The assumed duration of a call until one has been measured. */
  private static final long FIRST_ROUND_TRIP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final int LEAST_CALLS = 4;

  private final SqsClient sqs;
  private final SqsQueue source;
  private final InFlightMessages deliveries;
  private final ThreadPoolExecutor calls;
  private final long limitNanos;
  private final AtomicLong roundTripNanos = new AtomicLong(FIRST_ROUND_TRIP_NANOS);

  /**
   * Extends messages of one source queue.
   *
   * @param calls runs the calls to SQS; its pool grows with the number of messages, up to its
   *     maximum
   * @param limitNanos the longest that a message is kept in flight
   */
  public VisibilityExtender(
      SqsClient sqs,
      SqsQueue source,
      InFlightMessages deliveries,
      ThreadPoolExecutor calls,
      long limitNanos) {
    this.sqs = sqs;
    this.source = source;
    this.deliveries = deliveries;
    this.calls = calls;
    this.limitNanos = limitNanos;
  }

  /**
   * Extends messages with less than half of their time left; earlier and for longer if there are so
   * many messages that the calls would take longer than that. To be called once a second.
   */
  public void extend() {
    long received = TimeUnit.SECONDS.toNanos(source.visibilitySeconds());
    long allCalls = deliveries.account().inFlight() / Acknowledger.ENTRIES_PER_CALL + 1;
    long callNanos = roundTripNanos.get() * allCalls;
    // A quarter of the time, because half of it is the margin and calls take longer when there are
    // many.
    long needed = 1 + callNanos / Math.max(1, received / 4);
    int atATime = (int) Math.max(LEAST_CALLS, Math.min(needed, calls.getMaximumPoolSize()));
    calls.setCorePoolSize(atATime);
    long round = callNanos / atATime;
    int seconds = seconds(round);
    long now = System.nanoTime();
    List<Delivery> due =
        deliveries.claimDue(
            now,
            received,
            Math.max(received / 2, Math.min(2 * round, TimeUnit.SECONDS.toNanos(seconds) / 2)),
            limitNanos,
            now + TimeUnit.SECONDS.toNanos(seconds));
    for (List<Delivery> chunk : Acknowledger.chunks(due)) {
      calls.execute(() -> extend(chunk, seconds));
    }
  }

  /** The length of an extension: long enough that the next round comes in time. */
  private int seconds(long roundNanos) {
    long rounds = TimeUnit.NANOSECONDS.toSeconds(4 * roundNanos);
    long least = Math.max(LEAST_SECONDS, source.visibilitySeconds());
    return (int) Math.max(least, Math.min(rounds, MOST_SECONDS));
  }

  private void extend(List<Delivery> chunk, int seconds) {
    List<Delivery> again = chunk;
    long began = System.nanoTime();
    try {
      List<BatchResultErrorEntry> failed = change(sqs, source, chunk, delivery -> seconds);
      long took = System.nanoTime() - began;
      roundTripNanos.updateAndGet(before -> (7 * before + took) / 8);
      // If SQS refuses a receipt handle, the message was settled meanwhile, or its timeout is over:
      // then its second delivery ends as a duplicate.
      again = BatchRetry.retryable(chunk, failed).deliveries();
    } catch (RuntimeException e) { // of the SDK or not
      LOG.debug("Could not extend visibility timeouts, will retry. why={}", SqsErrors.describe(e));
    }
    deliveries.notExtended(again);
  }

  /**
   * Changes the visibility of up to 10 messages in one call.
   *
   * @param seconds from now, for each message; 0 makes it visible at once
   * @return the failed entries; the id of each is the index in {@code chunk}
   */
  public static List<BatchResultErrorEntry> change(
      SqsClient sqs, SqsQueue queue, List<Delivery> chunk, ToIntFunction<Delivery> seconds) {
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
