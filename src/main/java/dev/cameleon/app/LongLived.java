package dev.cameleon.app;

import dev.cameleon.config.Settings;
import dev.cameleon.contract.BodyShape;
import dev.cameleon.contract.Contract;
import dev.cameleon.db.Database;
import dev.cameleon.db.LoaderPool;
import dev.cameleon.dlq.BodySealing;
import dev.cameleon.dlq.DeadLetterSender;
import dev.cameleon.observe.Metrics;
import dev.cameleon.sqs.Acknowledger;
import dev.cameleon.sqs.ConcurrencyLimit;
import dev.cameleon.sqs.CpuHeadroom;
import dev.cameleon.sqs.DeadLetterBrake;
import dev.cameleon.sqs.InFlightMessages;
import dev.cameleon.sqs.MessageTracing;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.sqs.SqsBatchCalls;
import dev.cameleon.sqs.SqsQueue;
import dev.cameleon.sqs.VisibilityExtender;
import dev.cameleon.vault.Vault;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * The objects that live as long as the process and survive a reload: pools, clients, the gate, the
 * count of messages and the vault's key. They do not depend on routes, and on the contract only for
 * dead letters.
 */
final class LongLived {
  /** The longest time that SQS holds a receive open, for the fewest calls on an idle queue. */
  private static final int LONG_POLL_SECONDS = 20;

  /** For a run that ends when the queue is empty, so that it notices the end soon. */
  private static final int SHORT_POLL_SECONDS = 1;

  /** Messages in flight may use the heap's size divided by this. */
  private static final int SHARE_OF_HEAP = 4;

  final SqsQueue source;
  final SqsQueue deadLetters;
  final SqsClient sqs;
  final Metrics metrics;
  final int pollSeconds;
  final WorkerPools workers;
  final ReceiveGate gate = new ReceiveGate();
  final DeadLetterBrake brake;
  final MessageTracing tracing;
  final InFlightMessages inFlight;
  final ConcurrencyLimit receives;
  final LoaderPool database;
  final Vault vault;
  final Acknowledger acknowledger;
  final DeadLetterSender deadLetterSender;
  final VisibilityExtender visibilityExtender;
  private volatile BodyShape shape;

  /** The message attributes that the contract needs. */
  private volatile Set<String> attributes;

  /**
   * Creates everything and starts nothing.
   *
   * @param sqs the client for all calls except receives
   * @param untilEmpty whether the run ends when the queue is empty
   */
  LongLived(
      Configuration plan, Preflight queues, SqsClient sqs, Metrics metrics, boolean untilEmpty) {
    Settings settings = plan.settings();
    Settings.Load load = settings.load();
    long limitNanos = settings.inFlight().time().toNanos();
    source = queues.source();
    deadLetters = queues.deadLetters();
    this.sqs = sqs;
    this.metrics = metrics;
    pollSeconds = untilEmpty ? SHORT_POLL_SECONDS : LONG_POLL_SECONDS;
    workers = WorkerPools.of(load);
    brake = new DeadLetterBrake(gate, load.brakePercent());
    tracing = MessageTracing.of(source.name());
    Settings.InFlight limits = settings.inFlight();
    inFlight = new InFlightMessages(limits.messages(), bytes(limits), brake, tracing);
    receives = new ConcurrencyLimit(load.pollers(), new CpuHeadroom()::hasRoom, workers::resize);
    database =
        Database.pool(settings.database().loader(), load.loaders(), plan.keyset().currentId());
    vault = new Vault(plan.recipients());
    SqsBatchCalls sourceCalls = new SqsBatchCalls(sqs, source);
    acknowledger = new Acknowledger(sourceCalls, inFlight, gate, workers.deleters());
    contract(plan.contract());
    Optional<BodySealing> sealing =
        settings.privacy().sealDeadLetters()
            ? Optional.of(new BodySealing(vault, body -> shape.of(body)))
            : Optional.empty();
    deadLetterSender =
        new DeadLetterSender(
            new SqsBatchCalls(sqs, deadLetters),
            source.name(),
            sealing,
            () -> attributes,
            gate,
            acknowledger,
            limitNanos);
    visibilityExtender =
        new VisibilityExtender(sourceCalls, inFlight, workers.extenders(), limitNanos);
  }

  /** Sets the contract that decides how dead letters are written. */
  void contract(Contract contract) {
    shape = new BodyShape(contract.fields());
    attributes = contract.attributes();
  }

  /** The memory limit of messages in flight, which leaves heap for the program and its garbage. */
  private static long bytes(Settings.InFlight limits) {
    return Math.min(limits.bytes(), Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
  }
}
