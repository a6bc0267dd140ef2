package dev.cameleon.sqs;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/**
 * Adapts how many receives run at a time: few at start and on an empty queue, more while messages
 * wait and the CPU has headroom. Parallel calls hide round trips. But when the CPU is the limit,
 * threads beyond the number of cores only delay each other and, most of all, the just-in-time
 * compiler: a start on a full queue would be slow for minutes. Thread-safe.
 */
public final class ConcurrencyLimit {
  /**
   * The smallest limit on a machine with few cores, because some calls may hang until their
   * time-out.
   */
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
   * Starts at the smallest limit, which is one more than the number of cores and at least 3.
   *
   * @param most the largest limit
   * @param room whether the CPU has headroom
   * @param changed receives every new limit
   */
  public ConcurrencyLimit(int most, BooleanSupplier room, IntConsumer changed) {
    this.most = most;
    this.room = room;
    this.changed = changed;
    this.least = Math.min(most, Math.max(LEAST, Runtime.getRuntime().availableProcessors() + 1));
    this.limit = least;
    changed.accept(limit);
  }

  /** Waits until the limit allows one more receive; the caller must {@link #release} afterwards. */
  synchronized void acquire() throws InterruptedException {
    while (underWay >= limit) {
      wait();
    }
    underWay++;
  }

  /** Ends a receive. */
  synchronized void release() {
    underWay--;
    notify();
  }

  /**
   * Raises the limit by a quarter, because a receive brought so many messages that more are likely
   * to wait.
   */
  synchronized void busy() {
    if (limit < most && isTimeForAStep() && room.getAsBoolean()) {
      change(Math.min(most, limit + Math.max(1, limit / 4)));
    }
  }

  /** Halves the limit, because a long poll brought no message. */
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

  /** How many receives may run now. */
  synchronized int limit() {
    return limit;
  }
}
