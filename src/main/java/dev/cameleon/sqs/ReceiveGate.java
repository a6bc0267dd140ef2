package dev.cameleon.sqs;

import java.util.EnumMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides whether messages may be received. Closed for a reason that is not a message's own, so
 * that receive counts do not climb meanwhile; opened when the reason is gone. Thread-safe.
 */
public final class ReceiveGate {
  private static final Logger LOG = LoggerFactory.getLogger(ReceiveGate.class);

  /** Why nothing is received. */
  public enum Hold {
    /** The database does not take rows. */
    DATABASE(true),
    /** The dead-letter queue does not take dead letters. */
    DEAD_LETTER_QUEUE(true),
    /** The source queue does not delete what is finished. */
    DELETES(true),
    /**
     * Most messages become dead letters; receiving goes on, slowly (see {@link DeadLetterBrake}).
     */
    DEAD_LETTER_FLOOD(false),
    /** Rows fail alone, and none was loaded since; receiving goes on, slowly. */
    ROWS(false),
    /** A route fails in a way that no rule knows; receiving goes on, slowly. */
    ROUTE_FAILURES(false);

    private final boolean shuts;

    Hold(boolean shuts) {
      this.shuts = shuts;
    }
  }

  private final Map<Hold, String> holds = new EnumMap<>(Hold.class);
  private boolean started;
  private boolean stopping;

  /** Closes the gate; says so once. */
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

  /** Opens the gate as far as this reason goes. */
  public synchronized void open(Hold hold) {
    if (holds.remove(hold) != null) {
      LOG.info("Receiving resumes. reason={}", hold);
      notifyAll();
    }
  }

  /** Lets receiving begin: once every route is there. */
  public synchronized void start() {
    started = true;
    notifyAll();
  }

  /** Ends receiving for good. */
  public synchronized void stop() {
    stopping = true;
    notifyAll();
  }

  /** Whether receiving ended for good. */
  public synchronized boolean isStopping() {
    return stopping;
  }

  /** Whether the gate is closed for this reason. */
  public synchronized boolean isClosed(Hold hold) {
    return holds.containsKey(hold);
  }

  /** Whether receiving goes on, but slowly. */
  synchronized boolean isSlow() {
    return holds.keySet().stream().anyMatch(hold -> !hold.shuts);
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
   * @return false if receiving ended for good
   */
  synchronized boolean awaitOpen() throws InterruptedException {
    while (!stopping && isShut()) {
      wait();
    }
    return !stopping;
  }
}
