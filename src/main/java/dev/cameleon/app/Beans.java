package dev.cameleon.app;

import dev.cameleon.aws.AwsClients;
import dev.cameleon.config.Settings;
import dev.cameleon.contract.BodyShape;
import dev.cameleon.contract.Contract;
import dev.cameleon.contract.StrictJsonDataFormat;
import dev.cameleon.db.Database;
import dev.cameleon.db.LoaderPool;
import dev.cameleon.dlq.BodySealing;
import dev.cameleon.dlq.DeadLetterSender;
import dev.cameleon.dlq.Rejections;
import dev.cameleon.load.BatchAggregationStrategy;
import dev.cameleon.load.CommitHandler;
import dev.cameleon.load.DatabaseCircuitBreaker;
import dev.cameleon.load.DatabaseProbe;
import dev.cameleon.load.FailedBatches;
import dev.cameleon.load.GroupOrder;
import dev.cameleon.load.LoadParametersProcessor;
import dev.cameleon.load.LoadStatement;
import dev.cameleon.load.RouteFailureHandler;
import dev.cameleon.load.RowFailures;
import dev.cameleon.mask.Masker;
import dev.cameleon.observe.Metrics;
import dev.cameleon.sqs.Acknowledger;
import dev.cameleon.sqs.AnswerLimit;
import dev.cameleon.sqs.ConcurrencyLimit;
import dev.cameleon.sqs.CpuHeadroom;
import dev.cameleon.sqs.DeadLetterBrake;
import dev.cameleon.sqs.DeliveryTracking;
import dev.cameleon.sqs.InFlightMessages;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.sqs.ReceivingSqsClient;
import dev.cameleon.sqs.SqsBatchCalls;
import dev.cameleon.sqs.SqsQueue;
import dev.cameleon.sqs.VisibilityExtender;
import dev.cameleon.vault.SuppressionList;
import dev.cameleon.vault.Vault;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.CamelConfiguration;
import org.apache.camel.CamelContext;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * The composition root: creates every object of the running application, and binds the names that a
 * route may use. {@code docs/ROUTES.md} documents the names for operators.
 */
final class Beans implements CamelConfiguration {
  /** The name of the step that keeps the order of a FIFO queue. */
  static final String GROUP_ORDER = "groupOrder";

  /** The longest that SQS holds a receive open: it gives the fewest calls on an idle queue. */
  private static final int LONG_POLL_SECONDS = 20;

  /** For a run that ends when the queue is empty: the end should be noticed soon. */
  private static final int SHORT_POLL_SECONDS = 1;

  /** Messages in flight may use one part in this many of the heap. */
  private static final int SHARE_OF_HEAP = 4;

  final SqsQueue source;
  final SqsQueue deadLetters;
  final WorkerPools workers;
  final ReceiveGate gate = new ReceiveGate();
  final InFlightMessages inFlight;
  final ReceivingSqsClient receivingSqsClient;
  final LoaderPool database;
  final Vault vault;
  final Acknowledger acknowledger;
  final DeadLetterSender deadLetterSender;
  final DatabaseCircuitBreaker circuitBreaker;
  final VisibilityExtender visibilityExtender;
  private final Map<String, Object> byName = new LinkedHashMap<>();

  /**
   * Creates everything and starts nothing.
   *
   * @param sqs the client for all calls except receives
   * @param untilEmpty whether the run ends when the queue is empty
   */
  Beans(Configuration plan, Preflight queues, SqsClient sqs, Metrics metrics, boolean untilEmpty) {
    Settings settings = plan.settings();
    Settings.Load load = settings.load();
    Database.Login login = settings.database().loader();
    Contract contract = plan.contract();
    Masker masker = plan.masker();
    long limitNanos = settings.inFlight().time().toNanos();
    source = queues.source();
    deadLetters = queues.deadLetters();
    workers = WorkerPools.of(load);
    DeadLetterBrake brake = new DeadLetterBrake(gate, load.brakePercent());
    inFlight =
        new InFlightMessages(settings.inFlight().messages(), bytes(settings.inFlight()), brake);
    receivingSqsClient =
        new ReceivingSqsClient(
            AwsClients.sqs(load.pollers(), new AnswerLimit()),
            gate,
            brake,
            inFlight,
            new ConcurrencyLimit(load.pollers(), new CpuHeadroom()::hasRoom, workers::resize),
            untilEmpty ? SHORT_POLL_SECONDS : LONG_POLL_SECONDS,
            contract.attributes());
    database = Database.pool(login, load.loaders(), plan.keyset().currentId());
    vault = new Vault(plan.recipients());
    SqsBatchCalls sourceCalls = new SqsBatchCalls(sqs, source);
    acknowledger = new Acknowledger(sourceCalls, inFlight, gate, workers.deleters());
    Optional<BodySealing> sealing =
        settings.privacy().sealDeadLetters()
            ? Optional.of(new BodySealing(vault, new BodyShape(contract.fields())::of))
            : Optional.empty();
    deadLetterSender =
        new DeadLetterSender(
            new SqsBatchCalls(sqs, deadLetters),
            source.name(),
            sealing,
            contract.attributes(),
            gate,
            acknowledger,
            limitNanos);
    SuppressionList suppression = new SuppressionList(masker);
    LoadStatement statement = plan.statement();
    DatabaseProbe probe =
        new DatabaseProbe(login, plan.keyset().currentId(), statement, suppression);
    RowFailures rowFailures = new RowFailures(gate);
    circuitBreaker = new DatabaseCircuitBreaker(gate, database, probe, rowFailures, limitNanos);
    CommitHandler commitHandler =
        new CommitHandler(circuitBreaker, rowFailures, metrics, statement, acknowledger);
    GroupOrder groupOrder = new GroupOrder(workers.loaders(), inFlight, acknowledger);
    visibilityExtender =
        new VisibilityExtender(sourceCalls, inFlight, workers.extenders(), limitNanos);

    // ingest.camel.yaml
    byName.put("receivingSqsClient", receivingSqsClient);
    byName.put("deliveryTracking", new DeliveryTracking(inFlight, gate, acknowledger));
    byName.put("strictJson", new StrictJsonDataFormat());
    byName.put("contract", contract);
    byName.put("masker", masker);
    // load.camel.yaml
    byName.put(
        "batchAggregationStrategy", new BatchAggregationStrategy(load.batchRows(), groupOrder));
    byName.put("loadWorkers", workers.loaders());
    byName.put(GROUP_ORDER, groupOrder);
    byName.put(
        "loadParameters",
        new LoadParametersProcessor(vault, suppression, database, groupOrder::withdraw));
    byName.put("loadStatement", statement);
    byName.put("database", database);
    byName.put("commitHandler", commitHandler);
    byName.put("databaseCircuitBreaker", circuitBreaker);
    byName.put("failedBatches", new FailedBatches(circuitBreaker, rowFailures, acknowledger));
    // dead-letter.camel.yaml
    byName.put("rejections", new Rejections());
    byName.put("deadLetterWorkers", workers.deadLetterers());
    byName.put("deadLetterSender", deadLetterSender);
    byName.put("acknowledger", acknowledger);
    // errors.camel.yaml
    byName.put(
        "routeFailureHandler",
        new RouteFailureHandler(gate, circuitBreaker, commitHandler, acknowledger));
  }

  /** Leaves room in the heap for the program and its garbage. */
  private static long bytes(Settings.InFlight limits) {
    return Math.min(limits.bytes(), Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
  }

  /** The objects that a route may use, by name. */
  Map<String, Object> byName() {
    return byName;
  }

  @Override
  public void configure(CamelContext context) {
    byName.forEach(context.getRegistry()::bind);
  }
}
