package dev.cameleon;

import dev.cameleon.contract.Contract;
import dev.cameleon.contract.LoginJson;
import dev.cameleon.contract.Redaction;
import dev.cameleon.load.Batching;
import dev.cameleon.load.Loaded;
import dev.cameleon.load.LoaderPool;
import dev.cameleon.load.Outage;
import dev.cameleon.load.Parameters;
import dev.cameleon.load.Probe;
import dev.cameleon.load.Unexpected;
import dev.cameleon.mask.Masker;
import dev.cameleon.observe.Metrics;
import dev.cameleon.settle.Acknowledger;
import dev.cameleon.settle.Custody;
import dev.cameleon.settle.DeadLetterQueue;
import dev.cameleon.settle.Deliveries;
import dev.cameleon.settle.Gate;
import dev.cameleon.settle.Intake;
import dev.cameleon.settle.Queue;
import dev.cameleon.settle.Rejects;
import dev.cameleon.settle.Sealing;
import dev.cameleon.vault.Suppression;
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
final class Wiring {
  private final Contract contract;
  private final Masker masker;
  private final Vault vault;
  private final Parameters parameters;
  private final LoaderPool database;
  private final Deliveries deliveries;
  private final Gate gate;
  private final Intake intake;
  private final Acknowledger acknowledger;
  private final DeadLetterQueue deadLetterQueue;
  private final Outage outage;
  private final Loaded loaded;
  private final ExecutorService loaders;
  private final ExecutorService deadLetterers;
  private final Queue source;
  private final Settings settings;

  Wiring(
      Plan plan,
      LoaderPool database,
      Deliveries deliveries,
      Gate gate,
      Intake intake,
      SqsClient sqs,
      Queue source,
      Queue deadLetters,
      Metrics metrics,
      Threads threads) {
    this.settings = plan.settings();
    long limitNanos = settings.maxTime().toNanos();
    this.contract = plan.contract();
    this.masker = plan.masker();
    this.vault = new Vault(plan.recipients());
    Suppression suppression = new Suppression(masker);
    this.parameters = new Parameters(vault, suppression, database);
    this.database = database;
    this.deliveries = deliveries;
    this.gate = gate;
    this.intake = intake;
    this.source = source;
    this.acknowledger = new Acknowledger(sqs, source, deliveries, gate, threads.deleters());
    this.deadLetterQueue =
        new DeadLetterQueue(sqs, deadLetters, source, sealing(), gate, acknowledger, limitNanos);
    Probe probe =
        new Probe(settings.loader(), plan.keyset().currentId(), plan.statement(), suppression);
    this.outage = new Outage(gate, acknowledger, database, probe, limitNanos);
    this.loaded = new Loaded(outage, metrics, acknowledger);
    this.loaders = threads.loaders();
    this.deadLetterers = threads.deadLetterers();
  }

  /** How the bodies of dead letters are sealed, if they are. */
  private Optional<Sealing> sealing() {
    return settings.sealDeadLetters()
        ? Optional.of(new Sealing(vault, new Redaction(contract.fields())::of))
        : Optional.empty();
  }

  /** Binds the names. */
  void bind(Main main) {
    // ingest.camel.yaml
    main.bind("intake", intake); // the SQS client: receives while the gate is open
    main.bind(
        "custody", new Custody(deliveries, gate, acknowledger)); // no message leaves it unsettled
    main.bind("strictJson", LoginJson.strictMapper()); // the ObjectMapper of unmarshal
    main.bind("contract", contract); // check: ObjectNode → ObjectNode, or it is rejected
    main.bind("masker", masker); // mask: ObjectNode → MaskedRecord

    // load.camel.yaml
    main.bind("batching", new Batching()); // MaskedRecords → Batch
    main.bind("loaders", loaders); // the threads that load
    main.bind("parameters", parameters); // the headers batch and vault, anew for each attempt
    main.bind("database", database); // the DataSource of jdbc:database
    main.bind("loaded", loaded); // rows: count, then delete from SQS
    main.bind("outage", outage); // mustSplit, retry, refused, giveBackAlone, …

    // dead-letter.camel.yaml
    main.bind("rejects", new Rejects()); // malformed; DeadLetters → a list of them
    main.bind("deadLetterers", deadLetterers); // the thread that sends dead letters
    main.bind("deadLetterQueue", deadLetterQueue); // send: returns what was accepted
    main.bind("acknowledge", acknowledger); // loaded, deadLettered, returned

    // errors.camel.yaml
    main.bind("unexpected", new Unexpected(gate, outage, loaded, acknowledger)); // giveBack
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

  Outage outage() {
    return outage;
  }

  DeadLetterQueue deadLetterQueue() {
    return deadLetterQueue;
  }

  Acknowledger acknowledger() {
    return acknowledger;
  }
}
