package dev.cameleon.app;

import dev.cameleon.aws.AwsClients;
import dev.cameleon.config.Settings;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.observe.EmbeddedMetrics;
import dev.cameleon.observe.Health;
import dev.cameleon.observe.Metrics;
import dev.cameleon.observe.Summary;
import dev.cameleon.sqs.Account;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.ReceiveGate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.camel.main.Main;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;

/** The running application: Camel with its routes, and the beans behind them. */
public final class Application implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Application.class);

  /** Calls that are neither receives nor deletes: dead letters, probes, visibility extensions. */
  private static final int OTHER_CONNECTIONS = 4 + WorkerPools.MOST_EXTENDERS;

  private final Settings settings;
  private final String contents;
  private final SqsClient sqs;
  private final Beans beans;
  private final Summary summary;
  private final Optional<EmbeddedMetrics> embedded;
  private final Main main = new Main();
  private final Scheduler scheduler;
  private final PeriodicChecks checks;
  private boolean started;

  /**
   * Builds everything; starts nothing.
   *
   * @param plan the configuration
   * @param queues the queues that were found
   * @param sqs the client for all calls except receives
   * @param untilEmpty whether the run ends when the queue is empty
   */
  public Application(
      Configuration plan, Preflight queues, SqsClient sqs, Metrics metrics, boolean untilEmpty) {
    this.settings = plan.settings();
    this.contents = plan.vaultInWords() + ". Dead letters: " + plan.deadLettersInWords();
    this.sqs = sqs;
    this.beans = new Beans(plan, queues, sqs, metrics, untilEmpty);
    this.scheduler = new Scheduler(beans.workers.clock());
    this.checks = new PeriodicChecks(settings, beans, sqs);
    this.summary = new Summary(this::account);
    this.embedded = settings.embeddedMetrics() ? Optional.of(embeddedMetrics()) : Optional.empty();
    metrics.pipeline(settings.pipeline());
    metrics.account(this::account);
    metrics.unknownFields(() -> plan.contract().unknownFields());
    metrics.deadLetterQueue(checks::deadLetterQueueDepth);
    metrics.deadLetters(beans.deadLetterSender::accepted);
  }

  private EmbeddedMetrics embeddedMetrics() {
    return new EmbeddedMetrics(
        settings.pipeline(),
        this::account,
        checks::deadLetterQueueDepth,
        () -> problems().isEmpty(),
        System::currentTimeMillis,
        System.out::println);
  }

  /** How many connections the client for all calls except receives needs. */
  public static int connections(Settings settings) {
    return settings.load().deleters() + OTHER_CONNECTIONS;
  }

  /**
   * Starts the routes.
   *
   * @throws InvalidSettingsException if a route is wrong
   */
  public void start(Health health) throws InvalidSettingsException {
    LOG.info("Vault: {}.", contents);
    beans.circuitBreaker.probe();
    CamelRoutes.start(main, settings, beans);
    beans.gate.start();
    health.report(this::problems);
    scheduler.every(1, "visibility", beans.visibilityExtender::extend);
    scheduler.every(60, "summary", summary::tick);
    embedded.ifPresent(each -> scheduler.every(60, "metrics", each::tick));
    checks.schedule(scheduler);
    started = true;
    LOG.info(
        "Started the pipeline {}: {} to {}. pollers={} loaders={} visibility={}s",
        settings.pipeline(),
        beans.source.name(),
        settings.database().loader(),
        settings.load().pollers(),
        settings.load().loaders(),
        beans.source.visibilitySeconds());
    if (beans.source.visibilitySeconds() == 0) {
      LOG.warn("{}", beans.source.withoutTimeout());
    }
  }

  /**
   * Builds the routes without starting them.
   *
   * @return what was found, in words for an operator
   * @throws InvalidSettingsException if a route is wrong
   */
  static String tryRoutes(Configuration plan, Preflight queues) throws InvalidSettingsException {
    try (Metrics metrics = new Metrics()) {
      SqsClient sqs = AwsClients.sqs(OTHER_CONNECTIONS);
      try (Application application = new Application(plan, queues, sqs, metrics, true)) {
        application.main.configure().withAutoStartup(false);
        CamelRoutes.start(application.main, application.settings, application.beans);
        return application.main.getCamelContext().getRoutes().size() + " routes";
      }
    }
  }

  /** The checks that are DOWN, each with its reason. */
  private Map<String, String> problems() {
    Map<String, String> problems = new LinkedHashMap<>();
    beans.gate.holds().forEach((hold, why) -> problems.put(hold.name(), why));
    if (!beans.receivingSqsClient.failure().isEmpty()) {
      problems.put("QUEUE", beans.receivingSqsClient.failure());
    }
    if (!checks.deadLetterQueueFailure().isEmpty()) {
      problems.putIfAbsent(
          ReceiveGate.Hold.DEAD_LETTER_QUEUE.name(), checks.deadLetterQueueFailure());
    }
    if (beans.gate.isStopping()) {
      problems.put("STOP", "stopping");
    }
    return problems;
  }

  /** The counts of messages now. */
  public Account account() {
    return beans.inFlight.account();
  }

  /**
   * Whether the queue is drained: no hold on receiving, empty long polls, nothing in flight, and
   * SQS counts no message.
   */
  public boolean isEmpty() {
    try {
      return beans.gate.holds().isEmpty()
          && beans.receivingSqsClient.isIdle()
          && account().inFlight() == 0
          && beans.source.depth(sqs).isEmpty()
          && account().inFlight() == 0;
    } catch (SdkException e) {
      return false;
    }
  }

  /** What is left on the source queue, in words for an operator. */
  public String leftOver() {
    try {
      return beans.source.depth(sqs).toString();
    } catch (SdkException e) {
      return "unknown, because SQS does not answer";
    }
  }

  /**
   * Stops receiving, loads the messages in flight, deletes those that are loaded and returns the
   * rest.
   */
  @Override
  public void close() {
    long timeoutNanos = settings.shutdownTimeout().toNanos();
    long began = System.nanoTime();
    beans.gate.stop();
    try {
      beans.receivingSqsClient.stop(TimeUnit.NANOSECONDS.toMillis(timeoutNanos / 2));
      beans.workers.hurry();
      awaitSettled(began + timeoutNanos / 10 * 7);
      scheduler.stop();
      beans.acknowledger.endDeletes();
      returnRest();
      awaitSettled(began + timeoutNanos / 10 * 8);
      // A statement that still runs belongs to a message that was returned.
      beans.database.abandon(System.nanoTime());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    beans.database.close(); // first: stopping the routes would wait for their statements
    main.stop();
    beans.workers.close();
    sqs.close();
    if (started) {
      summary.end();
      embedded.ifPresent(EmbeddedMetrics::end);
    }
  }

  private void awaitSettled(long untilNanos) throws InterruptedException {
    while (account().inFlight() > 0 && System.nanoTime() < untilNanos) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private void returnRest() {
    List<Delivery> rest = beans.inFlight.rest();
    if (!rest.isEmpty()) {
      LOG.warn("Returning {} messages that could not be finished before the stop.", rest.size());
      beans.acknowledger.returned(rest);
    }
  }
}
