package dev.cameleon.sqs;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/**
 * How many receives may be under way at a time: few at first and at an empty queue, more while
 * messages wait and the processor has room. Round trips are hidden by many calls at a time, but
 * where the processor is the limit, more threads than it has only delay each other, and the
 * just-in-time compiler most of all: a full queue at start would be slow for minutes. Thread-safe.
 */
public final class ConcurrencyLimit {
  /** One more than cores, at least: some calls may hang until their time-out. */
  private static final int LEAST = 3;

  private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final int least;
  private final int most;
  private final BooleanSupplier room;
  private final IntConsumer changed;
  private int limit;
  private int underWay;
  private long steppedNanos = System.nanoTime();

  /**
   * Makes one.
   *
   * @param most how many are allowed at most
   * @param room whether the processor has room for more
   * @param changed told of every new limit
   */
  public ConcurrencyLimit(int most, BooleanSupplier room, IntConsumer changed) {
    this.most = most;
    this.room = room;
    this.changed = changed;
    this.least = Math.min(most, Math.max(LEAST, Runtime.getRuntime().availableProcessors() + 1));
    this.limit = least;
    changed.accept(limit);
  }

  /** Waits until one more may be under way; it must be {@link #release}d. */
  synchronized void acquire() throws InterruptedException {
    while (underWay >= limit) {
      wait();
    }
    underWay++;
  }

  /** One is no longer under way. */
  synchronized void release() {
    underWay--;
    notify();
  }

  /** A receive brought so many messages that others are likely to wait. */
  synchronized void busy() {
    if (limit < most && isTimeForAStep() && room.getAsBoolean()) {
      change(Math.min(most, limit + Math.max(1, limit / 4)));
    }
  }

  /** A long poll brought none. */
  synchronized void empty() {
    if (limit > least && isTimeForAStep()) {
      change(Math.max(least, limit / 2));
    }
  }

  private boolean isTimeForAStep() {
    long now = System.nanoTime();
    boolean time = now - steppedNanos >= STEP_NANOS;
    steppedNanos = time ? now : steppedNanos;
    return time;
  }

  private void change(int next) {
    limit = next;
    changed.accept(next);
    notifyAll();
  }

  /** How many may be under way now. */
  synchronized int limit() {
    return limit;
  }
}
