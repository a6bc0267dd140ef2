package dev.cameleon.dlq;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A steady rate for all threads together. */
final class RateLimit {
  private static final long LONGEST_WAIT_MILLIS = 100;

  private final int perSecond;
  private final BooleanSupplier stop;
  private long nextNanos = System.nanoTime();

  /**
   * Makes one.
   *
   * @param perSecond how many messages; 0: as many as may be
   * @param stop whether nobody should wait any longer
   */
  RateLimit(int perSecond, BooleanSupplier stop) {
    this.perSecond = perSecond;
    this.stop = stop;
  }

  /** How many messages to send at a time: a slow rate is not to come in bursts. */
  int atATime() {
    return perSecond == 0 ? BatchCalls.ENTRIES : Math.min(BatchCalls.ENTRIES, perSecond);
  }

  /** Waits for the turn of so many messages; returns false if it is not to be waited for. */
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
