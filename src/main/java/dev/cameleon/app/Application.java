package dev.cameleon.app;

import dev.cameleon.aws.AwsClients;
import dev.cameleon.config.Settings;
import dev.cameleon.db.Database;
import dev.cameleon.db.LoaderPool;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.observe.Health;
import dev.cameleon.observe.Metrics;
import dev.cameleon.observe.Summary;
import dev.cameleon.sqs.Account;
import dev.cameleon.sqs.AnswerLimit;
import dev.cameleon.sqs.ConcurrencyLimit;
import dev.cameleon.sqs.CpuHeadroom;
import dev.cameleon.sqs.DeadLetterBrake;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.GatedSqsClient;
import dev.cameleon.sqs.InFlightMessages;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.sqs.SqsQueue;
import dev.cameleon.sqs.VisibilityExtender;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.camel.main.Main;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;

/** The running application: Camel with its routes, and the beans behind them. */
public final class Application implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Application.class);

  /** The longest that SQS holds a receive open: the fewest calls on an idle queue. */
  private static final int LONG_POLL_SECONDS = 20;

  /** While draining a queue to its end, its end should be noticed soon. */
  private static final int SHORT_POLL_SECONDS = 1;

  /** Calls that are neither receives nor deletes: dead letters, probes, more time. */
  private static final int OTHER_CONNECTIONS = 4 + WorkerPools.MOST_EXTENDERS;

  /** Of the heap, messages in flight may take one part in so many. */
  private static final int SHARE_OF_HEAP = 4;

  private final Configuration plan;
  private final WorkerPools threads;
  private final ReceiveGate gate = new ReceiveGate();
  private final InFlightMessages deliveries;
  private final GatedSqsClient intake;
  private final SqsClient sqs;
  private final LoaderPool database;
  private final SqsQueue source;
  private final Beans wiring;
  private final VisibilityExtender visibility;
  private final Summary summary;
  private final Main main = new Main();
  private final Scheduler upkeep;
  private final PeriodicChecks watch;
  private boolean started;

  /**
   * Builds everything; starts nothing.
   *
   * @param plan what to run
   * @param connections the queues
   * @param sqs the client for all calls but receives
   * @param untilEmpty whether the queue's end should be noticed soon
   */
  public Application(
      Configuration plan,
      Preflight connections,
      SqsClient sqs,
      Metrics metrics,
      boolean untilEmpty) {
    Settings settings = plan.settings();
    this.plan = plan;
    this.sqs = sqs;
    this.source = connections.source();
    this.threads = WorkerPools.of(settings);
    DeadLetterBrake brake = new DeadLetterBrake(gate, settings.brakePercent());
    this.deliveries = new InFlightMessages(settings.maxMessages(), bytesInFlight(settings), brake);
    this.intake =
        new GatedSqsClient(
            AwsClients.sqs(settings.pollers(), new AnswerLimit()),
            gate,
            brake,
            deliveries,
            new ConcurrencyLimit(settings.pollers(), new CpuHeadroom()::hasRoom, threads::resize),
            untilEmpty ? SHORT_POLL_SECONDS : LONG_POLL_SECONDS);
    this.database = Database.pool(settings.loader(), settings.loaders(), plan.keyset().currentId());
    this.wiring =
        new Beans(
            plan,
            database,
            deliveries,
            gate,
            intake,
            sqs,
            source,
            connections.deadLetters(),
            metrics,
            threads);
    this.visibility =
        new VisibilityExtender(
            sqs, source, deliveries, threads.extenders(), settings.maxTime().toNanos());
    this.upkeep = new Scheduler(threads.clock());
    this.watch = new PeriodicChecks(plan, gate, deliveries, wiring, connections.deadLetters(), sqs);
    this.summary = new Summary(deliveries::account);
    metrics.account(deliveries::account);
    metrics.unknownFields(() -> plan.contract().unknownFields());
    metrics.deadLetterQueue(watch::deadLetterQueueDepth);
    metrics.deadLetters(reason -> wiring.deadLetterQueue().accepted(reason));
  }

  /** Never more than the heap can hold beside the program and what is collected only later. */
  private static long bytesInFlight(Settings settings) {
    return Math.min(settings.maxBytes(), Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
  }

  /** How many connections the client for all calls but receives needs. */
  public static int connections(Settings settings) {
    return settings.deleters() + OTHER_CONNECTIONS;
  }

  /**
   * Starts the routes.
   *
   * @throws InvalidSettingsException if a route is wrong
   */
  public void start(Health health) throws InvalidSettingsException {
    LOG.info("Vault: {}. Dead letters: {}.", plan.vaultInWords(), plan.deadLettersInWords());
    wiring.breaker().probe();
    CamelRoutes.start(main, plan.settings(), wiring);
    gate.start();
    health.report(this::problems);
    upkeep.every(1, "visibility", visibility::extend);
    upkeep.every(60, "summary", summary::tick);
    watch.schedule(upkeep);
    started = true;
    LOG.info(
        "Started: {} to {}. pollers={} loaders={} visibility={}s",
        source.name(),
        plan.settings().loader(),
        plan.settings().pollers(),
        plan.settings().loaders(),
        source.visibilitySeconds());
    if (source.visibilitySeconds() == 0) {
      LOG.warn("{}", source.withoutTimeout());
    }
  }

  /**
   * Builds the routes without starting them.
   *
   * @return what was found, in words
   * @throws InvalidSettingsException if a route is wrong
   */
  static String tryRoutes(Configuration plan, Preflight connections)
      throws InvalidSettingsException {
    try (Metrics metrics = new Metrics()) {
      SqsClient sqs = AwsClients.sqs(OTHER_CONNECTIONS);
      try (Application pipeline = new Application(plan, connections, sqs, metrics, true)) {
        pipeline.main.configure().withAutoStartup(false);
        CamelRoutes.start(pipeline.main, plan.settings(), pipeline.wiring);
        return pipeline.main.getCamelContext().getRoutes().size() + " routes";
      }
    }
  }

  /** What is DOWN, and why. */
  private Map<String, String> problems() {
    Map<String, String> problems = new LinkedHashMap<>();
    gate.holds().forEach((hold, why) -> problems.put(hold.name(), why));
    if (!intake.failure().isEmpty()) {
      problems.put("QUEUE", intake.failure());
    }
    if (!watch.deadLetterQueueFailure().isEmpty()) {
      problems.putIfAbsent(
          ReceiveGate.Hold.DEAD_LETTER_QUEUE.name(), watch.deadLetterQueueFailure());
    }
    if (gate.isStopping()) {
      problems.put("STOP", "stopping");
    }
    return problems;
  }

  /** The account now. */
  public Account account() {
    return deliveries.account();
  }

  /**
   * Whether all is done: no outage, long polls came back empty, nothing in flight, and SQS counts
   * no message.
   */
  public boolean isEmpty() {
    try {
      return gate.holds().isEmpty()
          && intake.isIdle()
          && deliveries.account().inFlight() == 0
          && source.depth(sqs).isEmpty()
          && deliveries.account().inFlight() == 0;
    } catch (SdkException e) {
      return false;
    }
  }

  /** What is left on the source queue, in words. */
  public String leftOver() {
    try {
      return source.depth(sqs).toString();
    } catch (SdkException e) {
      return "unknown, because SQS does not answer";
    }
  }

  /** Stops receiving, loads what is in flight, deletes it, returns the rest. */
  @Override
  public void close() {
    long timeoutNanos = plan.settings().shutdownTimeout().toNanos();
    long began = System.nanoTime();
    gate.stop();
    try {
      intake.stop(TimeUnit.NANOSECONDS.toMillis(timeoutNanos / 2));
      threads.hurry();
      awaitSettled(began + timeoutNanos / 10 * 7);
      upkeep.stop();
      wiring.acknowledger().endDeletes();
      returnRest();
      awaitSettled(began + timeoutNanos / 10 * 8);
      database.abandon(
          System.nanoTime()); // a statement that still runs is for a message that was returned
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    database.close(); // first: the routes' own stop would wait for its statements
    main.stop();
    threads.close();
    sqs.close();
    if (started) {
      summary.end();
    }
  }

  private void awaitSettled(long untilNanos) throws InterruptedException {
    while (deliveries.account().inFlight() > 0 && System.nanoTime() < untilNanos) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private void returnRest() {
    List<Delivery> rest = deliveries.rest();
    if (!rest.isEmpty()) {
      LOG.warn("Returning {} messages that the stop left no time to finish.", rest.size());
      wiring.acknowledger().returned(rest);
    }
  }
}
