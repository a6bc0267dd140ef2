package dev.cameleon.app;

import dev.cameleon.config.Settings;
import dev.cameleon.contract.BodyShape;
import dev.cameleon.contract.Contract;
import dev.cameleon.contract.StrictJson;
import dev.cameleon.db.LoaderPool;
import dev.cameleon.dlq.BodySealing;
import dev.cameleon.dlq.DeadLetterSender;
import dev.cameleon.dlq.Rejections;
import dev.cameleon.load.BatchAggregationStrategy;
import dev.cameleon.load.CommitHandler;
import dev.cameleon.load.DatabaseCircuitBreaker;
import dev.cameleon.load.DatabaseProbe;
import dev.cameleon.load.LoadParametersProcessor;
import dev.cameleon.load.RouteFailureHandler;
import dev.cameleon.mask.Masker;
import dev.cameleon.observe.Metrics;
import dev.cameleon.sqs.Acknowledger;
import dev.cameleon.sqs.DeliveryTracking;
import dev.cameleon.sqs.GatedSqsClient;
import dev.cameleon.sqs.InFlightMessages;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.sqs.SqsQueue;
import dev.cameleon.vault.SuppressionList;
import dev.cameleon.vault.Vault;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import org.apache.camel.main.Main;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * The vocabulary of the routes: every name that YAML may use, and what stands behind it. A route
 * names beans and holds no logic; a bean knows no route.
 */
final class Beans {
  private final Contract contract;
  private final Masker masker;
  private final Vault vault;
  private final LoadParametersProcessor parameters;
  private final LoaderPool database;
  private final InFlightMessages deliveries;
  private final ReceiveGate gate;
  private final GatedSqsClient intake;
  private final Acknowledger acknowledger;
  private final DeadLetterSender deadLetterQueue;
  private final DatabaseCircuitBreaker breaker;
  private final CommitHandler loaded;
  private final ExecutorService loaders;
  private final ExecutorService deadLetterers;
  private final SqsQueue source;
  private final Settings settings;

  Beans(
      Configuration plan,
      LoaderPool database,
      InFlightMessages deliveries,
      ReceiveGate gate,
      GatedSqsClient intake,
      SqsClient sqs,
      SqsQueue source,
      SqsQueue deadLetters,
      Metrics metrics,
      WorkerPools threads) {
    this.settings = plan.settings();
    long limitNanos = settings.maxTime().toNanos();
    this.contract = plan.contract();
    this.masker = plan.masker();
    this.vault = new Vault(plan.recipients());
    SuppressionList suppression = new SuppressionList(masker);
    this.parameters = new LoadParametersProcessor(vault, suppression, database);
    this.database = database;
    this.deliveries = deliveries;
    this.gate = gate;
    this.intake = intake;
    this.source = source;
    this.acknowledger = new Acknowledger(sqs, source, deliveries, gate, threads.deleters());
    this.deadLetterQueue =
        new DeadLetterSender(sqs, deadLetters, source, sealing(), gate, acknowledger, limitNanos);
    DatabaseProbe probe =
        new DatabaseProbe(
            settings.loader(), plan.keyset().currentId(), plan.statement(), suppression);
    this.breaker = new DatabaseCircuitBreaker(gate, acknowledger, database, probe, limitNanos);
    this.loaded = new CommitHandler(breaker, metrics, acknowledger);
    this.loaders = threads.loaders();
    this.deadLetterers = threads.deadLetterers();
  }

  /** How the bodies of dead letters are sealed, if they are. */
  private Optional<BodySealing> sealing() {
    return settings.sealDeadLetters()
        ? Optional.of(new BodySealing(vault, new BodyShape(contract.fields())::of))
        : Optional.empty();
  }

  /** Binds the names. */
  void bind(Main main) {
    // ingest.camel.yaml
    main.bind("gatedSqsClient", intake); // the SQS client: receives while the gate is open
    main.bind(
        "deliveryTracking",
        new DeliveryTracking(deliveries, gate, acknowledger)); // no message leaves it unsettled
    main.bind("strictJson", StrictJson.strictMapper()); // the ObjectMapper of unmarshal
    main.bind("contract", contract); // check: ObjectNode → ObjectNode, or it is rejected
    main.bind("masker", masker); // mask: ObjectNode → MaskedRecord

    // load.camel.yaml
    main.bind("batchAggregationStrategy", new BatchAggregationStrategy()); // MaskedRecords → Batch
    main.bind("loadWorkers", loaders); // the threads that load
    main.bind("loadParameters", parameters); // the headers batch and vault, anew for each attempt
    main.bind("database", database); // the DataSource of jdbc:database
    main.bind("commitHandler", loaded); // rows: count, then delete from SQS
    main.bind("databaseCircuitBreaker", breaker); // mustSplit, retry, refused, giveBackAlone, …

    // dead-letter.camel.yaml
    main.bind("rejections", new Rejections()); // malformed; DeadLetters → a list of them
    main.bind("deadLetterWorkers", deadLetterers); // the thread that sends dead letters
    main.bind("deadLetterSender", deadLetterQueue); // send: returns what was accepted
    main.bind("acknowledger", acknowledger); // loaded, deadLettered, returned

    // errors.camel.yaml
    main.bind(
        "routeFailureHandler",
        new RouteFailureHandler(gate, breaker, loaded, acknowledger)); // giveBack
  }

  /** The properties that the routes' placeholders name. */
  Properties properties() {
    Properties properties = new Properties();
    properties.put("cameleon.routes", settings.routes().toString());
    properties.put("cameleon.queue.name", source.name());
    properties.put("cameleon.queue.url", source.url());
    properties.put("cameleon.pollers", Integer.toString(settings.pollers()));
    properties.put("cameleon.batch.rows", Integer.toString(settings.batchRows()));
    properties.put("cameleon.batch.wait", Long.toString(settings.batchWait().toMillis()));
    return properties;
  }

  Vault vault() {
    return vault;
  }

  DatabaseCircuitBreaker breaker() {
    return breaker;
  }

  DeadLetterSender deadLetterQueue() {
    return deadLetterQueue;
  }

  Acknowledger acknowledger() {
    return acknowledger;
  }
}
