package dev.cameleon;

import dev.cameleon.load.Database;
import dev.cameleon.load.Ledger;
import dev.cameleon.load.LoaderPool;
import dev.cameleon.load.SqlFailures;
import dev.cameleon.observe.Health;
import dev.cameleon.observe.Metrics;
import dev.cameleon.observe.Summary;
import dev.cameleon.settle.Account;
import dev.cameleon.settle.Brake;
import dev.cameleon.settle.Deliveries;
import dev.cameleon.settle.Gate;
import dev.cameleon.settle.Intake;
import dev.cameleon.settle.Queue;
import dev.cameleon.settle.SqsFailures;
import dev.cameleon.settle.Visibility;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.camel.main.Main;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;

/** The running application: Camel with its routes, and the beans behind them. */
public final class Pipeline implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

  /** The longest that SQS holds a receive open: the fewest calls on an idle queue. */
  private static final int LONG_POLL_SECONDS = 20;

  /** While draining a queue to its end, its end should be noticed soon. */
  private static final int SHORT_POLL_SECONDS = 1;

  /** Calls that are neither receives nor deletes: dead letters, probes. */
  private static final int OTHER_CONNECTIONS = 4;

  private static final long PROBE_SECONDS_IDLE = 5;
  private static final long LOOK_AT_QUEUE_SECONDS = 15;

  private final Plan plan;
  private final Threads threads;
  private final Gate gate = new Gate();
  private final Deliveries deliveries;
  private final Intake intake;
  private final SqsClient sqs;
  private final LoaderPool database;
  private final Queue source;
  private final Queue deadLetters;
  private final Wiring wiring;
  private final Visibility visibility;
  private final Summary summary;
  private final Main main = new Main();
  private volatile String deadLetterQueueFailure = "";
  private long ticks;
  private ScheduledFuture<?> extending;
  private ScheduledFuture<?> ticking;

  /**
   * Builds everything; starts nothing.
   *
   * @param plan what to run
   * @param connections the queues
   * @param sqs the client for all calls but receives
   * @param untilEmpty whether the queue's end should be noticed soon
   */
  public Pipeline(
      Plan plan, Connections connections, SqsClient sqs, Metrics metrics, boolean untilEmpty) {
    Settings settings = plan.settings();
    this.plan = plan;
    this.sqs = sqs;
    this.source = connections.source();
    this.deadLetters = connections.deadLetters();
    this.threads = Threads.of(settings);
    Brake brake = new Brake(gate, settings.brakePercent());
    this.deliveries = new Deliveries(settings.maxMessages(), settings.maxBytes(), brake);
    this.intake =
        new Intake(
            Aws.sqs(settings.pollers()),
            gate,
            brake,
            deliveries,
            untilEmpty ? SHORT_POLL_SECONDS : LONG_POLL_SECONDS);
    this.database = Database.pool(settings.loader(), settings.loaders());
    this.wiring =
        new Wiring(
            settings,
            plan.contract(),
            plan.masker(),
            database,
            deliveries,
            gate,
            intake,
            sqs,
            source,
            deadLetters,
            metrics,
            threads);
    this.visibility =
        new Visibility(sqs, source, deliveries, threads.deleters(), settings.maxTime().toNanos());
    this.summary = new Summary(deliveries::account);
    metrics.account(deliveries::account);
    metrics.unknownFields(() -> plan.contract().unknownFields());
    metrics.deadLetters(reason -> wiring.deadLetterQueue().accepted(reason));
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
    wiring.outage().probe(plan.settings().loader(), plan.statement());
    Routes.start(main, plan.settings(), wiring);
    gate.start();
    health.report(this::problems);
    extending = threads.clock().scheduleWithFixedDelay(this::extend, 1, 1, TimeUnit.SECONDS);
    ticking = threads.clock().scheduleWithFixedDelay(this::tick, 1, 1, TimeUnit.SECONDS);
    LOG.info(
        "Started: {} to {}. pollers={} loaders={} visibility={}s",
        source.name(),
        plan.settings().loader(),
        plan.settings().pollers(),
        plan.settings().loaders(),
        source.visibilitySeconds());
  }

  /**
   * Builds the routes without starting them.
   *
   * @return what was found, in words
   * @throws InvalidSettingsException if a route is wrong
   */
  static String tryRoutes(Plan plan, Connections connections) throws InvalidSettingsException {
    try (Metrics metrics = new Metrics()) {
      SqsClient sqs = Aws.sqs(OTHER_CONNECTIONS);
      try (Pipeline pipeline = new Pipeline(plan, connections, sqs, metrics, true)) {
        pipeline.main.configure().withAutoStartup(false);
        Routes.start(pipeline.main, plan.settings(), pipeline.wiring);
        return pipeline.main.getCamelContext().getRoutes().size() + " routes";
      }
    }
  }

  /** Apart from the other ticks, which may wait for a database that does not answer. */
  private void extend() {
    try {
      visibility.extend();
    } catch (RuntimeException e) {
      LOG.error("Visibility could not be extended; it is tried again.", e);
    }
  }

  /** Once a second. */
  private void tick() {
    try {
      ticks++;
      if (gate.isClosed(Gate.Hold.DATABASE) || ticks % PROBE_SECONDS_IDLE == 0) {
        wiring.outage().probe(plan.settings().loader(), plan.statement());
      }
      if (ticks % LOOK_AT_QUEUE_SECONDS == 0) {
        lookAtDeadLetterQueue();
      }
      if (ticks % 60 == 0) {
        summary.tick();
      }
      if (ticks % 3600 == 10) {
        forget();
      }
    } catch (RuntimeException e) {
      LOG.error("A periodic task failed; it runs again.", e);
    }
  }

  private void lookAtDeadLetterQueue() {
    try {
      deadLetters.depth(sqs);
      deadLetterQueueFailure = "";
    } catch (SdkException e) {
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

  /** What is DOWN, and why. */
  private Map<String, String> problems() {
    Map<String, String> problems = new LinkedHashMap<>();
    gate.holds().forEach((hold, why) -> problems.put(hold.name(), why));
    if (!intake.failure().isEmpty()) {
      problems.put("QUEUE", intake.failure());
    }
    if (!deadLetterQueueFailure.isEmpty()) {
      problems.putIfAbsent(Gate.Hold.DEAD_LETTER_QUEUE.name(), deadLetterQueueFailure);
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
   * Whether all is done: no outage, long polls came back empty, nothing in hand, and SQS counts no
   * message.
   */
  public boolean isEmpty() {
    try {
      return gate.holds().isEmpty()
          && intake.emptyReceives() >= plan.settings().pollers()
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
      return "unknown, SQS cannot be asked";
    }
  }

  /** Stops receiving, loads what is in hand, deletes it, gives back the rest. */
  @Override
  public void close() {
    Duration timeout = plan.settings().shutdownTimeout();
    long end = System.nanoTime() + timeout.toNanos();
    long giveBack = end - timeout.toNanos() / 5;
    gate.stop();
    if (ticking != null) {
      ticking.cancel(false);
    }
    try {
      intake.stop(timeout.toMillis() / 2);
      awaitSettled(giveBack);
      giveBackRest();
      awaitSettled(end - timeout.toNanos() / 20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (extending != null) {
      extending.cancel(false);
    }
    main.stop();
    threads.close();
    database.close();
    sqs.close();
    if (ticking != null) {
      summary.end();
    }
  }

  private void awaitSettled(long untilNanos) throws InterruptedException {
    while (deliveries.account().inFlight() > 0 && System.nanoTime() < untilNanos) {
      Thread.sleep(10);
    }
  }

  private void giveBackRest() {
    List<dev.cameleon.settle.Delivery> rest = deliveries.rest();
    if (!rest.isEmpty()) {
      LOG.warn(
          "{} messages could not be finished before the stop and are given back.", rest.size());
      wiring.acknowledger().returned(rest);
    }
  }
}
