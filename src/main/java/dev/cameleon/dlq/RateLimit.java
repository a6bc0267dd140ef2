package dev.cameleon.dlq;

import dev.cameleon.sqs.SqsBatchCalls;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Limits the rate of all threads together. */
final class RateLimit {
  private static final long LONGEST_WAIT_MILLIS = 100;

  private final int perSecond;
  private final BooleanSupplier stop;
  private long nextNanos = System.nanoTime();

  /**
   * Limits the rate of sending.
   *
   * @param perSecond messages per second; 0: no limit
   * @param stop whether the operator asked to stop, which ends all waits
   */
  RateLimit(int perSecond, BooleanSupplier stop) {
    this.perSecond = perSecond;
    this.stop = stop;
  }

  /** How many messages to send at a time: few at a low rate, to avoid bursts. */
  int atATime() {
    int most = SqsBatchCalls.ENTRIES_PER_CALL;
    return perSecond == 0 ? most : Math.min(most, perSecond);
  }

  /** Waits until this many messages may be sent; returns false if the operator asked to stop. */
  boolean await(int messages) throws InterruptedException {
    if (perSecond > 0) {
      long turnNanos = turn(TimeUnit.SECONDS.toNanos(messages) / perSecond);
      for (long left = turnNanos - System.nanoTime();
          left > 0 && !stop.getAsBoolean();
          left = turnNanos - System.nanoTime()) {
        TimeUnit.NANOSECONDS.sleep(
            Math.min(left, TimeUnit.MILLISECONDS.toNanos(LONGEST_WAIT_MILLIS)));
      }
    }
    return !stop.getAsBoolean();
  }

  private synchronized long turn(long lengthNanos) {
    long now = System.nanoTime();
    long turn = nextNanos - now > 0 ? nextNanos : now;
    nextNanos = turn + lengthNanos;
    return turn;
  }
}
