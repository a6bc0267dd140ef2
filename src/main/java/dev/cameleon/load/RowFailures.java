package dev.cameleon.load;

import dev.cameleon.db.SqlErrors;
import dev.cameleon.sqs.ReceiveGate;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Tells failures of single rows from failures of the database.
 *
 * <p>Some failures may come from one row or from the whole database, and no SQLSTATE tells which
 * ({@link SqlErrors#mayBeRows}). At first they count as failures of the database. If the database
 * answers the probe and the batch fails in the same way again, the batch is split like a refused
 * one, and a row that fails alone is returned to the queue. For the next minute, batches that fail
 * in this way are split at once, so that one odd row in each batch does not stop receiving again
 * and again.
 */
public final class RowFailures {
  /**
   * Longer than the delay of a row that was returned alone: if it does not come back within this
   * time, it has left the queue.
   */
  private static final long GONE_NANOS = TimeUnit.MINUTES.toNanos(10);

  /** How long a SQLSTATE counts as the rows' fault after the probe succeeded. */
  private static final long KNOWN_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final ReceiveGate gate;
  private final SqlErrors errors = new SqlErrors();

  /** When new rows were last committed, by {@link System#nanoTime}. */
  private volatile long committedNanos = System.nanoTime();

  /** When a row was last returned alone, by {@link System#nanoTime}. */
  private volatile long aloneNanos = System.nanoTime();

  /** SQLSTATEs that turned out to be the rows' fault, and when, by {@link System#nanoTime}. */
  private final Map<String, Long> known = new ConcurrentHashMap<>();

  /**
   * Starts without a known failure.
   *
   * @param gate slowed while rows fail alone and no other is committed
   */
  public RowFailures(ReceiveGate gate) {
    this.gate = gate;
  }

  /**
   * Whether the database is known to accept rows although this batch fails: PostgreSQL refuses a
   * row, or the probe succeeded after the same failure of this batch, or of another one within a
   * minute. A row that is alone would be returned, so more proof is needed: the probe must be newer
   * than its failure, or the row is a half and other rows were committed since the whole failed.
   */
  boolean isRows(Batch batch, Throwable failure) {
    if (batch.isEmpty()) {
      return false;
    }
    if (errors.isRefusal(failure)) {
      return true;
    }
    if (!errors.mayBeRows(failure)) {
      return false;
    }
    String state = SqlErrors.state(failure);
    Long since = known.get(state);
    boolean isKnown = since != null && System.nanoTime() - since < KNOWN_NANOS;
    return batch.isSuspectedOf(state)
        || (isKnown && (!batch.isSingle() || (batch.isHalf() && othersWereCommitted(batch))));
  }

  /**
   * Whether other rows were committed since this batch, or the one that it is a half of, failed.
   */
  boolean othersWereCommitted(Batch batch) {
    return batch.failedBefore(committedNanos);
  }

  /** Records that one of the batch's rows is at fault. */
  void found(Batch batch, Throwable failure) {
    String state = SqlErrors.state(failure);
    if (errors.mayBeRows(failure) && batch.isSuspectedOf(state)) {
      known.put(state, System.nanoTime());
    } else if (!batch.isHalf()) {
      // Replaces the time of an earlier failure, for example before an outage.
      batch.failed(System.nanoTime());
    }
  }

  /** Records that new rows were committed, so that not every row fails. */
  void committed() {
    committedNanos = System.nanoTime();
    gate.open(ReceiveGate.Hold.ROWS);
  }

  /** Slows receiving because a row failed alone: it is possible that no row can be committed. */
  void failedAlone(Throwable failure) {
    aloneNanos = System.nanoTime();
    gate.close(
        ReceiveGate.Hold.ROWS,
        "rows fail even when loaded alone, although an empty batch loads: "
            + SqlErrors.describe(failure));
  }

  /**
   * Records a successful probe.
   *
   * @param beganNanos when it began, by {@link System#nanoTime}
   */
  void probeSucceeded(long beganNanos) {
    if (beganNanos - aloneNanos > GONE_NANOS) {
      gate.open(ReceiveGate.Hold.ROWS);
    }
  }

  /** Records a failed probe: earlier conclusions about failures are no longer valid. */
  void probeFailed() {
    known.clear();
  }
}
