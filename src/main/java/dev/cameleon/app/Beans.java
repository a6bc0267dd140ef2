package dev.cameleon.app;

import dev.cameleon.aws.AwsClients;
import dev.cameleon.config.Settings;
import dev.cameleon.contract.Contract;
import dev.cameleon.contract.StrictJsonDataFormat;
import dev.cameleon.db.Database;
import dev.cameleon.db.LoaderPool;
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
import dev.cameleon.sqs.Acknowledger;
import dev.cameleon.sqs.AnswerLimit;
import dev.cameleon.sqs.DeliveryTracking;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.sqs.ReceivingSqsClient;
import dev.cameleon.vault.SuppressionList;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.CamelConfiguration;
import org.apache.camel.CamelContext;

/**
 * Creates the objects that depend on the files of the routes' folder, and binds the names that a
 * route may use. A reload creates all of them anew; objects that outlive a reload are in {@link
 * LongLived}. {@code docs/ROUTES.md} documents the names for operators.
 */
final class Beans implements CamelConfiguration {
  /** The name of the step that keeps the order of a FIFO queue. */
  static final String GROUP_ORDER = "groupOrder";

  final ReceivingSqsClient receivingSqsClient;
  final DatabaseCircuitBreaker circuitBreaker;
  private final Map<String, Object> byName = new LinkedHashMap<>();

  /**
   * Creates everything and starts nothing.
   *
   * @param plan the files that configure these beans
   */
  Beans(Configuration plan, LongLived process) {
    Settings settings = plan.settings();
    Settings.Load load = settings.load();
    Database.Login login = settings.database().loader();
    Contract contract = plan.contract();
    Masker masker = plan.masker();
    ReceiveGate gate = process.gate;
    Acknowledger acknowledger = process.acknowledger;
    LoaderPool database = process.database;
    receivingSqsClient =
        new ReceivingSqsClient(
            AwsClients.sqs(load.pollers(), new AnswerLimit()),
            gate,
            process.brake,
            process.inFlight,
            process.receives,
            process.pollSeconds,
            contract.attributes());
    SuppressionList suppression = new SuppressionList(masker);
    LoadStatement statement = plan.statement();
    DatabaseProbe probe =
        new DatabaseProbe(login, plan.keyset().currentId(), statement, suppression);
    RowFailures rowFailures = new RowFailures(gate);
    circuitBreaker =
        new DatabaseCircuitBreaker(
            gate, database, probe, rowFailures, settings.inFlight().time().toNanos());
    CommitHandler commitHandler =
        new CommitHandler(
            circuitBreaker, rowFailures, process.metrics, statement, process.tracing, acknowledger);
    GroupOrder groupOrder =
        new GroupOrder(process.workers.loaders(), process.inFlight, acknowledger);

    // ingest.camel.yaml
    byName.put("receivingSqsClient", receivingSqsClient);
    byName.put("deliveryTracking", new DeliveryTracking(process.inFlight, gate, acknowledger));
    byName.put("strictJson", new StrictJsonDataFormat());
    byName.put("contract", contract);
    byName.put("masker", masker);
    // load.camel.yaml
    byName.put(
        "batchAggregationStrategy", new BatchAggregationStrategy(load.batchRows(), groupOrder));
    byName.put("loadWorkers", process.workers.loaders());
    byName.put(GROUP_ORDER, groupOrder);
    byName.put(
        "loadParameters",
        new LoadParametersProcessor(process.vault, suppression, database, groupOrder::withdraw));
    byName.put("loadStatement", statement);
    byName.put("database", database);
    byName.put("commitHandler", commitHandler);
    byName.put("databaseCircuitBreaker", circuitBreaker);
    byName.put("failedBatches", new FailedBatches(circuitBreaker, rowFailures, acknowledger));
    // dead-letter.camel.yaml
    byName.put("rejections", new Rejections());
    byName.put("deadLetterWorkers", process.workers.deadLetterers());
    byName.put("deadLetterSender", process.deadLetterSender);
    byName.put("acknowledger", acknowledger);
    // errors.camel.yaml
    byName.put(
        "routeFailureHandler",
        new RouteFailureHandler(gate, circuitBreaker, commitHandler, acknowledger));
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
