package dev.cameleon.sqs;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides whether messages may be received. Closes for failures that are not the fault of a
 * message, so that receive counts do not climb meanwhile, and opens when the failure is over.
 * Thread-safe.
 */
public final class ReceiveGate {
  private static final Logger LOG = LoggerFactory.getLogger(ReceiveGate.class);

  /** Why receiving is paused or slowed. */
  public enum Hold {
    /** The database does not accept rows. */
    DATABASE(true),
    /** The dead-letter queue does not accept dead letters. */
    DEAD_LETTER_QUEUE(true),
    /** The source queue does not delete finished messages. */
    DELETES(true),
    /** Most messages become dead letters: receiving slows (see {@link DeadLetterBrake}). */
    DEAD_LETTER_FLOOD(false),
    /** Single rows fail and none was loaded since: receiving slows. */
    ROWS(false),
    /** A route fails in a way that no rule covers: receiving slows. */
    ROUTE_FAILURES(false);

    private final boolean shuts;

    Hold(boolean shuts) {
      this.shuts = shuts;
    }

    /** Whether receiving only slows down for this reason. */
    public boolean slows() {
      return !shuts;
    }
  }

  private final Map<Hold, String> holds = new EnumMap<>(Hold.class);
  private boolean started;
  private boolean stopping;
  private boolean retriesEnded;

  /**
   * Closes the gate for a reason; logs the first time.
   *
   * @param why one clause for the log and the status page
   */
  public synchronized void close(Hold hold, String why) {
    if (holds.put(hold, why) == null) {
      LOG.warn(
          hold.shuts
              ? "Receiving pauses: {}; nothing is lost, it resumes by itself. reason={}"
              : "Receiving slows to one batch per 10 s: {}. reason={}",
          why,
          hold);
    }
  }

  /** Ends the hold for this reason; receiving resumes if there is no other. */
  public synchronized void open(Hold hold) {
    if (holds.remove(hold) != null) {
      LOG.info("Receiving resumes. reason={}", hold);
      notifyAll();
    }
  }

  /** Lets receiving begin, once every route is started. */
  public synchronized void start() {
    started = true;
    retriesEnded = false;
    notifyAll();
  }

  /** Ends receiving until the next {@link #start}. */
  public synchronized void pause() {
    started = false;
  }

  /**
   * Ends the retries of messages in flight until the next {@link #start}: messages that fail are
   * returned.
   */
  public synchronized void endRetries() {
    retriesEnded = true;
  }

  /** Whether failed messages may be retried. */
  public synchronized boolean mayRetry() {
    return !stopping && !retriesEnded;
  }

  /** Ends receiving for good, when the process stops. */
  public synchronized void stop() {
    stopping = true;
    notifyAll();
  }

  /** Whether receiving has ended for good. */
  public synchronized boolean isStopping() {
    return stopping;
  }

  /** Whether the gate is closed for this reason. */
  public synchronized boolean isClosed(Hold hold) {
    return holds.containsKey(hold);
  }

  /** Whether receiving is slowed. */
  synchronized boolean isSlow() {
    return holds.keySet().stream().anyMatch(Hold::slows);
  }

  /** Why the gate is closed; empty if it is open. */
  public synchronized Map<Hold, String> holds() {
    return new EnumMap<>(holds.isEmpty() ? new EnumMap<>(Hold.class) : holds);
  }

  private boolean isShut() {
    return !started || holds.keySet().stream().anyMatch(hold -> hold.shuts);
  }

  /**
   * Waits until messages may be received.
   *
   * @param ended whether the caller's own receiving has ended; evaluated again after {@link #wake}
   * @return false if receiving has ended for good
   */
  synchronized boolean awaitOpen(BooleanSupplier ended) throws InterruptedException {
    while (!stopping && !ended.getAsBoolean() && isShut()) {
      wait();
    }
    return !stopping && !ended.getAsBoolean();
  }

  /** Wakes all waiting callers, so that they check again whether their receiving has ended. */
  synchronized void wake() {
    notifyAll();
  }
}
