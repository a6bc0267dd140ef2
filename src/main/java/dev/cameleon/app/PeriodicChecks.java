package dev.cameleon.app;

import dev.cameleon.config.Settings;
import dev.cameleon.db.LedgerCleanup;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.sqs.SqsErrors;
import dev.cameleon.sqs.SqsQueue;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Checks periodically that the database and the dead-letter queue work, returns messages that never
 * got an outcome, and cleans up the ledger.
 */
final class PeriodicChecks {
  private static final Logger LOG = LoggerFactory.getLogger(PeriodicChecks.class);

  /** The interval while the gate is open; if the database closed it, the probe runs each second. */
  private static final long PROBE_SECONDS_IDLE = 5;

  /**
   * One count of the dead-letter queue's messages.
   *
   * @param depth the counts
   * @param atNanos when, by {@link System#nanoTime}
   */
  record Look(SqsQueue.Depth depth, long atNanos) {
    /** Three intervals: if calls hang, an old count must not pass for a current one. */
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(45);

    boolean isFresh(long nowNanos) {
      return nowNanos - atNanos < FRESH_NANOS;
    }
  }

  private final Settings settings;
  private final LongLived process;
  private final Supplier<Pipeline> pipeline;
  private volatile String deadLetterQueueFailure = "";
  private volatile Optional<Look> deadLetterQueueLook = Optional.empty();
  private long probes;

  /**
   * Prepares the checks.
   *
   * @param pipeline supplies the running pipeline
   */
  PeriodicChecks(Settings settings, LongLived process, Supplier<Pipeline> pipeline) {
    this.settings = settings;
    this.process = process;
    this.pipeline = pipeline;
  }

  void schedule(Scheduler scheduler) {
    scheduler.every(1, "probe", this::probe);
    scheduler.every(1, "deletes", process.acknowledger::retryDeletes);
    scheduler.every(10, "unsettled", this::returnUnsettled);
    scheduler.every(1, "dead letters", process.deadLetterSender::reconsider);
    scheduler.every(15, "dead-letter queue", this::lookAtDeadLetterQueue);
    scheduler.every(60, "data key", process.vault::dropOldKey);
    scheduler.every(60, "route failures", () -> process.gate.open(ReceiveGate.Hold.ROUTE_FAILURES));
    scheduler.every(3600, "ledger", this::cleanLedger);
  }

  /** Why the last count of the dead-letter queue failed, or an empty string. */
  String deadLetterQueueFailure() {
    return deadLetterQueueFailure;
  }

  /** How many messages the dead-letter queue has; empty while that is not known. */
  Optional<SqsQueue.Depth> deadLetterQueueDepth() {
    return deadLetterQueueLook.filter(look -> look.isFresh(System.nanoTime())).map(Look::depth);
  }

  private void probe() {
    probes++;
    if (process.gate.isClosed(ReceiveGate.Hold.DATABASE) || probes % PROBE_SECONDS_IDLE == 0) {
      pipeline.get().beans.circuitBreaker.probe();
    }
  }

  /**
   * Returns messages in flight without an outcome, so that none stays in flight for ever after an
   * Error or a mistake in a route.
   */
  private void returnUnsettled() {
    long limit = settings.inFlight().time().toNanos() + TimeUnit.MINUTES.toNanos(1);
    List<Delivery> overdue = process.inFlight.overdue(limit);
    if (!overdue.isEmpty()) {
      LOG.warn(
          "Returning {} messages that were in flight for too long without an outcome. first={}",
          overdue.size(),
          overdue.get(0).messageId());
      process.acknowledger.postponed(overdue);
    }
  }

  private void lookAtDeadLetterQueue() {
    try {
      deadLetterQueueLook =
          Optional.of(new Look(process.deadLetters.depth(process.sqs), System.nanoTime()));
      deadLetterQueueFailure = "";
    } catch (SdkException e) {
      deadLetterQueueLook = Optional.empty();
      deadLetterQueueFailure = SqsErrors.describe(e);
    }
  }

  private void cleanLedger() {
    try {
      long deleted =
          LedgerCleanup.deleteOld(
              settings.database().loader(), settings.pipeline(), settings.database().ledgerDays());
      LOG.debug("Deleted old message ids from the ledger. count={}", deleted);
    } catch (SQLException e) {
      LOG.warn("Could not clean up the ledger, will retry in an hour: {}", SqlErrors.describe(e));
    }
  }
}
