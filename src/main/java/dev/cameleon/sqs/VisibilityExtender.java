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
 * Keeps what is in flight invisible: messages that wait for a database that is away are not
 * received a second time meanwhile, so their receive counts do not climb. Only up to a limit; what
 * cannot be finished by then is returned.
 */
public final class VisibilityExtender {
  private static final Logger LOG = LoggerFactory.getLogger(VisibilityExtender.class);

  /**
   * A queue with a shorter timeout than this is extended by this: a call must reach SQS in time.
   */
  private static final int LEAST_SECONDS = 10;

  /** A process that dies leaves its messages hidden for so long at most. */
  private static final int MOST_SECONDS = 600;

  /** What a call is taken to last until one has been measured. */
  private static final long FIRST_ROUND_TRIP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final int LEAST_CALLS = 4;

  private final SqsClient sqs;
  private final SqsQueue source;
  private final InFlightMessages deliveries;
  private final ThreadPoolExecutor calls;
  private final long limitNanos;
  private final AtomicLong roundTripNanos = new AtomicLong(FIRST_ROUND_TRIP_NANOS);

  /**
   * Extends what is in flight of one source queue.
   *
   * @param calls makes the calls to SQS: as many at a time as it takes, at most its maximum
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
   * Extends what has less than half of its time left; earlier, and for longer, if what is in flight
   * takes so many calls that they would last longer. To be called once a second.
   */
  public void extend() {
    long received = TimeUnit.SECONDS.toNanos(source.visibilitySeconds());
    long allCalls = deliveries.account().inFlight() / Acknowledger.ENTRIES_PER_CALL + 1;
    long callNanos = roundTripNanos.get() * allCalls;
    // A quarter of the time: half of it is the margin, and calls take longer when there are many.
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

  /** For how long to extend: long enough that the next round comes in time. */
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
      // A receipt that SQS refuses was settled meanwhile, or lapsed: then its second delivery ends
      // as a duplicate.
      again = BatchRetry.retryable(chunk, failed).deliveries();
    } catch (RuntimeException e) { // of the SDK or not
      LOG.debug("Could not extend visibility timeouts, will retry. why={}", SqsErrors.describe(e));
    }
    deliveries.notExtended(again);
  }

  /**
   * Makes one call for up to 10 deliveries.
   *
   * @param seconds from now, for each; 0 makes it visible
   * @return the entries that failed, by their index
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
