package dev.cameleon.sqs;

import java.util.concurrent.TimeUnit;

/**
 * Limits a warning that may occur thousands of times to one line per minute: the first at once,
 * later ones as a count. Thread-safe.
 */
public final class WarningLimit {
  private static final long PERIOD_NANOS = TimeUnit.MINUTES.toNanos(1);

  private long count;
  private long warnedNanos = System.nanoTime() - PERIOD_NANOS;

  /**
   * Counts occurrences.
   *
   * @param times how many to add
   * @return the occurrences since the last line if a line is due now, else 0
   */
  public synchronized long add(long times) {
    count += times;
    long nanos = System.nanoTime();
    if (nanos - warnedNanos < PERIOD_NANOS) {
      return 0;
    }
    warnedNanos = nanos;
    long due = count;
    count = 0;
    return due;
  }
}
