package dev.cameleon.app;

import dev.cameleon.aws.AwsClients;
import dev.cameleon.config.Settings;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.observe.EmbeddedMetrics;
import dev.cameleon.observe.Health;
import dev.cameleon.observe.Metrics;
import dev.cameleon.observe.Status;
import dev.cameleon.observe.Summary;
import dev.cameleon.sqs.Account;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.ReceiveGate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * The running application: the pipeline built from the files of the routes' folder, and the
 * resources that outlive a reload.
 */
public final class Application implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Application.class);

  /** Calls that are neither receives nor deletes: dead letters, probes, visibility extensions. */
  private static final int OTHER_CONNECTIONS = 4 + WorkerPools.MOST_EXTENDERS;

  private static final List<String> SLOWING =
      Stream.of(ReceiveGate.Hold.values())
          .filter(ReceiveGate.Hold::slows)
          .map(ReceiveGate.Hold::name)
          .toList();

  private final Settings settings;
  private final String contents;
  private final LongLived process;
  private final Pipelines pipelines;
  private final Summary summary;
  private final Optional<EmbeddedMetrics> embedded;
  private final Scheduler scheduler;
  private final PeriodicChecks checks;
  private final Reload reload;
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
    this.process = new LongLived(plan, queues, sqs, metrics, untilEmpty);
    this.pipelines = new Pipelines(plan, process);
    this.reload = new Reload(pipelines);
    this.scheduler = new Scheduler(process.workers.clock());
    this.checks = new PeriodicChecks(settings, process, pipelines::current);
    this.summary = new Summary(this::account);
    this.embedded = settings.embeddedMetrics() ? Optional.of(embeddedMetrics()) : Optional.empty();
    metrics.pipeline(settings.pipeline());
    metrics.account(this::account);
    metrics.unknownFields(pipelines::unknownFields);
    metrics.deadLetterQueue(checks::deadLetterQueueDepth);
    metrics.deadLetters(process.deadLetterSender::accepted);
    metrics.reload(reload::isSuccess, reload::successMillis);
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
    pipelines.start();
    health.report(this::problems, reload::notes);
    scheduler.every(1, "visibility", process.visibilityExtender::extend);
    scheduler.every(60, "summary", summary::tick);
    embedded.ifPresent(each -> scheduler.every(60, "metrics", each::tick));
    checks.schedule(scheduler);
    started = true;
    LOG.info(
        "Started the pipeline {}: {} to {}. pollers={} loaders={} visibility={}s",
        settings.pipeline(),
        process.source.name(),
        settings.database().loader(),
        settings.load().pollers(),
        settings.load().loaders(),
        process.source.visibilitySeconds());
    if (process.source.visibilitySeconds() == 0) {
      LOG.warn("{}", process.source.withoutTimeout());
    }
    reload.start();
  }

  /** Requests a reload of the folder; returns at once. Pending requests are merged into one. */
  public void reload() {
    reload.request();
  }

  /**
   * Builds the routes without starting them.
   *
   * @return the number of routes, in words for an operator
   * @throws InvalidSettingsException if a route is wrong
   */
  static String tryRoutes(Configuration plan, Preflight queues) throws InvalidSettingsException {
    try (Metrics metrics = new Metrics()) {
      SqsClient sqs = AwsClients.sqs(OTHER_CONNECTIONS);
      try (Application application = new Application(plan, queues, sqs, metrics, true);
          Pipeline pipeline = new Pipeline(plan, application.process)) {
        return pipeline.routes() + " routes";
      }
    }
  }

  /** The checks that are DOWN, each with its reason. */
  private Map<String, String> problems() {
    Map<String, String> problems = new LinkedHashMap<>();
    process.gate.holds().forEach((hold, why) -> problems.put(hold.name(), why));
    String receiving = pipelines.receiveFailure();
    if (!receiving.isEmpty()) {
      problems.put("QUEUE", receiving);
    }
    if (!checks.deadLetterQueueFailure().isEmpty()) {
      problems.putIfAbsent(
          ReceiveGate.Hold.DEAD_LETTER_QUEUE.name(), checks.deadLetterQueueFailure());
    }
    if (!pipelines.isRunning()) {
      problems.put("RELOAD", "neither the new files nor the old ones could be started");
    }
    if (process.gate.isStopping()) {
      problems.put("STOP", "stopping");
    }
    return problems;
  }

  /** What the status page shows now. */
  public Status status() {
    return new Status(
        settings.pipeline(),
        account(),
        SLOWING,
        process.deadLetterSender.accepted().entrySet().stream()
            .map(
                counted ->
                    new Status.DeadLetters(
                        counted.getKey().reason().name(),
                        counted.getKey().field(),
                        counted.getValue()))
            .toList(),
        checks.deadLetterQueueDepth(),
        settings.shown());
  }

  /** The counts of messages now. */
  public Account account() {
    return process.inFlight.account();
  }

  /**
   * Whether the queue is drained: receiving is not paused, long polls come back empty, nothing is
   * in flight, and SQS counts no message.
   */
  public boolean isEmpty() {
    try {
      return process.gate.holds().isEmpty()
          && pipelines.isIdle()
          && account().inFlight() == 0
          && process.source.depth(process.sqs).isEmpty()
          && account().inFlight() == 0;
    } catch (SdkException e) {
      return false;
    }
  }

  /** The messages left on the source queue, in words for an operator. */
  public String leftOver() {
    try {
      return process.source.depth(process.sqs).toString();
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
    process.gate.stop(); // first, so that a running reload ends soon, too
    reload.close();
    try {
      pipelines.stopReceiving(timeoutNanos / 2);
      process.workers.hurry();
      awaitSettled(began + timeoutNanos / 10 * 7);
      scheduler.stop();
      process.acknowledger.endDeletes();
      returnRest();
      awaitSettled(began + timeoutNanos / 10 * 8);
      // A statement that still runs belongs to a message that was returned.
      process.database.abandon(System.nanoTime());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process.database.close(); // first: stopping the routes would wait for their statements
    pipelines.close();
    process.workers.close();
    process.sqs.close();
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
    List<Delivery> rest = process.inFlight.rest();
    if (!rest.isEmpty()) {
      LOG.warn("Returning {} messages that could not be finished before the stop.", rest.size());
      process.acknowledger.returned(rest);
    }
  }
}
