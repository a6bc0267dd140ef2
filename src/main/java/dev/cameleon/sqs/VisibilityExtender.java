package dev.cameleon.sqs;

import java.util.List;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Extends the visibility timeout of messages in flight, so that messages waiting for the database
 * are not received again and their receive counts do not climb. Each message is extended up to a
 * limit, and returned if it is not finished by then.
 */
public final class VisibilityExtender {
  /**
   * The shortest extension, even for a queue with a shorter timeout, so that the next call reaches
   * SQS in time.
   */
  private static final int LEAST_SECONDS = 10;

  /**
   * The longest extension, unless the queue's own timeout is longer. If the process dies, its
   * messages stay hidden for at most this time.
   */
  private static final int MOST_SECONDS = 600;

  /** The assumed duration of a call until one has been measured. */
  private static final long FIRST_ROUND_TRIP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final int LEAST_CALLS = 4;

  private final SqsBatchCalls source;
  private final InFlightMessages inFlight;
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
      SqsBatchCalls source, InFlightMessages inFlight, ThreadPoolExecutor calls, long limitNanos) {
    this.source = source;
    this.inFlight = inFlight;
    this.calls = calls;
    this.limitNanos = limitNanos;
  }

  /**
   * Extends messages with less than half of their time left; earlier and for longer if there are so
   * many messages that the calls would take longer than that. To be called once a second.
   */
  public void extend() {
    long received = TimeUnit.SECONDS.toNanos(source.queue().visibilitySeconds());
    long allCalls = inFlight.account().inFlight() / SqsBatchCalls.ENTRIES_PER_CALL + 1;
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
        inFlight.claimDue(
            now,
            received,
            Math.max(received / 2, Math.min(2 * round, TimeUnit.SECONDS.toNanos(seconds) / 2)),
            limitNanos,
            now + TimeUnit.SECONDS.toNanos(seconds));
    for (List<Delivery> chunk : SqsBatchCalls.chunks(due)) {
      calls.execute(() -> extend(chunk, seconds));
    }
  }

  /** The length of an extension in seconds: long enough that the next round comes in time. */
  private int seconds(long roundNanos) {
    long rounds = TimeUnit.NANOSECONDS.toSeconds(4 * roundNanos);
    long least = Math.max(LEAST_SECONDS, source.queue().visibilitySeconds());
    return (int) Math.max(least, Math.min(rounds, MOST_SECONDS));
  }

  private void extend(List<Delivery> chunk, int seconds) {
    long began = System.nanoTime();
    SqsBatchCalls.Result<Delivery> result =
        source.changeVisibility(chunk, Delivery::receiptHandle, delivery -> seconds);
    long took = System.nanoTime() - began;
    if (!result.done().isEmpty()) {
      roundTripNanos.updateAndGet(before -> (7 * before + took) / 8);
    }
    // If SQS refuses a receipt handle, the message was settled meanwhile, or its timeout has passed
    // and its second delivery will end as a duplicate.
    inFlight.notExtended(result.failed());
  }
}
