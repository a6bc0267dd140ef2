package dev.cameleon;

import dev.cameleon.load.Ledger;
import dev.cameleon.load.SqlFailures;
import dev.cameleon.settle.Deliveries;
import dev.cameleon.settle.Delivery;
import dev.cameleon.settle.Gate;
import dev.cameleon.settle.Queue;
import dev.cameleon.settle.SqsFailures;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;

/** Looks, by the clock, whether database and dead-letter queue work and nothing is forgotten. */
final class Watch {
  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);

  /** While the gate is open; a closed one is probed each second. */
  private static final long PROBE_SECONDS_IDLE = 5;

  /**
   * What the dead-letter queue counted.
   *
   * @param depth its messages
   * @param atNanos {@link System#nanoTime} of the look
   */
  record Look(Queue.Depth depth, long atNanos) {
    /** Three looks: a call that hangs must not let an old number pass for today's. */
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(45);

    boolean isFresh(long nowNanos) {
      return nowNanos - atNanos < FRESH_NANOS;
    }
  }

  private final Plan plan;
  private final Gate gate;
  private final Deliveries deliveries;
  private final Wiring wiring;
  private final Queue deadLetters;
  private final SqsClient sqs;
  private volatile String deadLetterQueueFailure = "";
  private volatile Optional<Look> deadLetterQueueLook = Optional.empty();
  private long probes;

  Watch(
      Plan plan,
      Gate gate,
      Deliveries deliveries,
      Wiring wiring,
      Queue deadLetters,
      SqsClient sqs) {
    this.plan = plan;
    this.gate = gate;
    this.deliveries = deliveries;
    this.wiring = wiring;
    this.deadLetters = deadLetters;
    this.sqs = sqs;
  }

  void schedule(Upkeep upkeep) {
    upkeep.every(1, "probe", this::probe);
    upkeep.every(1, "deletes", wiring.acknowledger()::retryDeletes);
    upkeep.every(10, "forgotten", this::giveBackForgotten);
    upkeep.every(1, "dead letters", wiring.deadLetterQueue()::reconsider);
    upkeep.every(15, "dead-letter queue", this::lookAtDeadLetterQueue);
    upkeep.every(60, "data key", wiring.vault()::forgetOldKey);
    upkeep.every(60, "unexpected", () -> gate.open(Gate.Hold.UNEXPECTED));
    upkeep.every(3600, "ledger", this::forget);
  }

  /** Why the dead-letter queue could not be looked at last time, or an empty string. */
  String deadLetterQueueFailure() {
    return deadLetterQueueFailure;
  }

  /** How many messages the dead-letter queue has; empty while that is not known. */
  Optional<Queue.Depth> deadLetterQueueDepth() {
    return deadLetterQueueLook.filter(look -> look.isFresh(System.nanoTime())).map(Look::depth);
  }

  private void probe() {
    probes++;
    if (gate.isClosed(Gate.Hold.DATABASE) || probes % PROBE_SECONDS_IDLE == 0) {
      wiring.outage().probe();
    }
  }

  /** Nothing may stay in hand for ever, whatever a route or an Error did to it. */
  private void giveBackForgotten() {
    long limit = plan.settings().maxTime().toNanos() + TimeUnit.MINUTES.toNanos(1);
    List<Delivery> forgotten = deliveries.forgotten(limit);
    if (!forgotten.isEmpty()) {
      LOG.warn(
          "{} messages were in hand for too long without an outcome and go back to the queue. first={}",
          forgotten.size(),
          forgotten.get(0).messageId());
      wiring.acknowledger().postponed(forgotten);
    }
  }

  private void lookAtDeadLetterQueue() {
    try {
      deadLetterQueueLook = Optional.of(new Look(deadLetters.depth(sqs), System.nanoTime()));
      deadLetterQueueFailure = "";
    } catch (SdkException e) {
      deadLetterQueueLook = Optional.empty();
      deadLetterQueueFailure = SqsFailures.describe(e);
    }
  }

  private void forget() {
    try {
      long forgotten = Ledger.forget(plan.settings().loader(), plan.settings().ledgerDays());
      LOG.debug("The ledger forgot old message ids. count={}", forgotten);
    } catch (SQLException e) {
      LOG.warn("The upkeep of the ledger failed, it runs again: {}", SqlFailures.describe(e));
    }
  }
}
