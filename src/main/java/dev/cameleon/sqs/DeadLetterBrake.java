package dev.cameleon.sqs;

import java.util.BitSet;
import java.util.concurrent.TimeUnit;

/**
 * Slows receiving when too many of the last 1000 messages were dead-lettered or ignored. Otherwise
 * a wrong queue, or a bad edit of the contract or of {@code load.sql}, would empty the source queue
 * within minutes. Thread-safe.
 */
public final class DeadLetterBrake {
  /** How many of the latest settled messages the brake counts. */
  static final int WINDOW = 1000;

  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /**
   * The brake is released well below the share that applies it, so that it does not flap at the
   * limit.
   */
  private static final double RELEASE = 0.8;

  private final ReceiveGate gate;
  private final int percent;
  private final BitSet notLoaded = new BitSet(WINDOW);
  private int next;
  private long turnNanos = System.nanoTime();

  /**
   * Creates the brake for one source queue.
   *
   * @param gate closes while the brake is on
   * @param percent the share of dead and ignored messages above which the brake is on; 100 disables
   *     it
   */
  public DeadLetterBrake(ReceiveGate gate, int percent) {
    this.gate = gate;
    this.percent = percent;
  }

  /** Records an outcome and turns the brake on or off. Returned messages do not count. */
  synchronized void settled(Outcome outcome) {
    if (outcome == Outcome.RETURNED || percent >= 100) {
      return;
    }
    notLoaded.set(next, outcome == Outcome.DEAD_LETTERED || outcome == Outcome.IGNORED);
    next = (next + 1) % WINDOW;
    int count = notLoaded.cardinality();
    int most = WINDOW / 100 * percent;
    if (count > most) {
      gate.close(
          ReceiveGate.Hold.DEAD_LETTER_FLOOD,
          "more than "
              + percent
              + "% of the last "
              + WINDOW
              + " messages became dead letters or were ignored: check for a wrong queue, or a wrong"
              + " change to the contract or load.sql");
    } else if (count < most * RELEASE) {
      gate.open(ReceiveGate.Hold.DEAD_LETTER_FLOOD);
    }
  }

  /** Forgets all outcomes and turns the brake off, because their cause is gone. */
  public synchronized void reset() {
    notLoaded.clear();
    gate.open(ReceiveGate.Hold.DEAD_LETTER_FLOOD);
  }

  /** Whether a receive may start now: always while the brake is off, otherwise once in 10 s. */
  synchronized boolean takeTurn() {
    if (!gate.isSlow()) {
      return true;
    }
    long now = System.nanoTime();
    if (now - turnNanos < 0) {
      return false;
    }
    turnNanos = now + PAUSE_NANOS;
    return true;
  }
}
