package dev.cameleon.app;

import dev.cameleon.db.LedgerCleanup;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.InFlightMessages;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.sqs.SqsErrors;
import dev.cameleon.sqs.SqsQueue;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;

/** Looks, by the clock, whether database and dead-letter queue work and nothing is erased. */
final class PeriodicChecks {
  private static final Logger LOG = LoggerFactory.getLogger(PeriodicChecks.class);

  /** While the gate is open; a closed one is probed each second. */
  private static final long PROBE_SECONDS_IDLE = 5;

  /**
   * What the dead-letter queue counted.
   *
   * @param depth its messages
   * @param atNanos {@link System#nanoTime} of the look
   */
  record Look(SqsQueue.Depth depth, long atNanos) {
    /** Three looks: a call that hangs must not let an old number pass for today's. */
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(45);

    boolean isFresh(long nowNanos) {
      return nowNanos - atNanos < FRESH_NANOS;
    }
  }

  private final Configuration plan;
  private final ReceiveGate gate;
  private final InFlightMessages deliveries;
  private final Beans wiring;
  private final SqsQueue deadLetters;
  private final SqsClient sqs;
  private volatile String deadLetterQueueFailure = "";
  private volatile Optional<Look> deadLetterQueueLook = Optional.empty();
  private long probes;

  PeriodicChecks(
      Configuration plan,
      ReceiveGate gate,
      InFlightMessages deliveries,
      Beans wiring,
      SqsQueue deadLetters,
      SqsClient sqs) {
    this.plan = plan;
    this.gate = gate;
    this.deliveries = deliveries;
    this.wiring = wiring;
    this.deadLetters = deadLetters;
    this.sqs = sqs;
  }

  void schedule(Scheduler upkeep) {
    upkeep.every(1, "probe", this::probe);
    upkeep.every(1, "deletes", wiring.acknowledger()::retryDeletes);
    upkeep.every(10, "unsettled messages", this::returnUnsettled);
    upkeep.every(1, "dead letters", wiring.deadLetterQueue()::reconsider);
    upkeep.every(15, "dead-letter queue", this::lookAtDeadLetterQueue);
    upkeep.every(60, "data key", wiring.vault()::dropOldKey);
    upkeep.every(60, "route failures", () -> gate.open(ReceiveGate.Hold.ROUTE_FAILURES));
    upkeep.every(3600, "ledger", this::erase);
  }

  /** Why the dead-letter queue could not be looked at last time, or an empty string. */
  String deadLetterQueueFailure() {
    return deadLetterQueueFailure;
  }

  /** How many messages the dead-letter queue has; empty while that is not known. */
  Optional<SqsQueue.Depth> deadLetterQueueDepth() {
    return deadLetterQueueLook.filter(look -> look.isFresh(System.nanoTime())).map(Look::depth);
  }

  private void probe() {
    probes++;
    if (gate.isClosed(ReceiveGate.Hold.DATABASE) || probes % PROBE_SECONDS_IDLE == 0) {
      wiring.breaker().probe();
    }
  }

  /** Nothing may stay in flight for ever, whatever a route or an Error did to it. */
  private void returnUnsettled() {
    long limit = plan.settings().maxTime().toNanos() + TimeUnit.MINUTES.toNanos(1);
    List<Delivery> erased = deliveries.erased(limit);
    if (!erased.isEmpty()) {
      LOG.warn(
          "Returning {} messages that were in flight for too long without an outcome. first={}",
          erased.size(),
          erased.get(0).messageId());
      wiring.acknowledger().postponed(erased);
    }
  }

  private void lookAtDeadLetterQueue() {
    try {
      deadLetterQueueLook = Optional.of(new Look(deadLetters.depth(sqs), System.nanoTime()));
      deadLetterQueueFailure = "";
    } catch (SdkException e) {
      deadLetterQueueLook = Optional.empty();
      deadLetterQueueFailure = SqsErrors.describe(e);
    }
  }

  private void erase() {
    try {
      long erased = LedgerCleanup.erase(plan.settings().loader(), plan.settings().ledgerDays());
      LOG.debug("The ledger dropped old message ids. count={}", erased);
    } catch (SQLException e) {
      LOG.warn("The clean-up of the ledger failed, will retry: {}", SqlErrors.describe(e));
    }
  }
}
