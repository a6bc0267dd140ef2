package dev.cameleon.observe;

import dev.cameleon.contract.Violation;
import dev.cameleon.sqs.Account;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.sqs.SqsQueue;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** The process's metrics, with names and base units as Prometheus recommends. */
public final class Metrics implements AutoCloseable {
  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics garbageCollection = new JvmGcMetrics();
  private final DistributionSummary batchRows;
  private final Timer loadDuration;

  /** Registers the metrics of the JVM. */
  public Metrics() {
    new JvmMemoryMetrics().bindTo(meters);
    new JvmThreadMetrics().bindTo(meters);
    garbageCollection.bindTo(meters);
    new ProcessorMetrics().bindTo(meters);
    new UptimeMetrics().bindTo(meters);
    batchRows =
        DistributionSummary.builder("cameleon.batch.rows")
            .description("Rows per run of load.sql")
            .serviceLevelObjectives(1, 10, 50, 100, 250, 500, 1000)
            .register(meters);
    loadDuration =
        Timer.builder("cameleon.load.duration")
            .description("Time of one run of load.sql, commit included")
            .serviceLevelObjectives(
                Duration.ofMillis(5),
                Duration.ofMillis(20),
                Duration.ofMillis(100),
                Duration.ofMillis(500),
                Duration.ofSeconds(2),
                Duration.ofSeconds(10))
            .register(meters);
  }

  /** Counts a committed batch. */
  public void loaded(int rows, Duration duration) {
    batchRows.record(rows);
    loadDuration.record(duration);
  }

  /** Exports the pipeline's name. */
  public void pipeline(String name) {
    Gauge.builder("cameleon.info", () -> 1)
        .description("1, with the name of the pipeline")
        .tag("pipeline", name)
        .register(meters);
  }

  /**
   * Counts the rows that a committed batch wrote.
   *
   * @param byTable the number of rows by table
   */
  public void rows(Map<String, Long> byTable) {
    byTable.forEach(
        (table, rows) -> meters.counter("cameleon.rows", "table", table).increment(rows));
  }

  /**
   * Exports the account. All its numbers in one scrape are from the same moment, so that they add
   * up.
   */
  public void account(Supplier<Account> account) {
    meters
        .getPrometheusRegistry()
        .register((MultiCollector) () -> snapshots(account.get(), System.currentTimeMillis()));
  }

  private static MetricSnapshots snapshots(Account account, long nowMillis) {
    CounterSnapshot.Builder outcomes =
        CounterSnapshot.builder()
            .name("cameleon_messages")
            .help("Received messages by outcome; a message received twice counts twice");
    for (Outcome outcome : Outcome.values()) {
      outcomes.dataPoint(
          CounterSnapshot.CounterDataPointSnapshot.builder()
              .labels(Labels.of("outcome", outcome.label()))
              .value((double) account.count(outcome))
              .build());
    }
    return new MetricSnapshots(
        outcomes.build(),
        CounterSnapshot.builder()
            .name("cameleon_received")
            .help("Messages received from the source queue; a message received twice counts twice")
            .dataPoint(
                CounterSnapshot.CounterDataPointSnapshot.builder()
                    .value((double) account.received())
                    .build())
            .build(),
        gauge(
            "cameleon_in_flight_messages",
            "Messages in flight: received, but not yet loaded, dead-lettered or returned",
            (double) account.inFlight()),
        gauge(
            "cameleon_oldest_message_age_seconds",
            "Age of the oldest message in flight, since it was sent; 0 if there is none",
            account.oldestSeconds(nowMillis)));
  }

  private static GaugeSnapshot gauge(String name, String help, double value) {
    return GaugeSnapshot.builder()
        .name(name)
        .help(help)
        .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder().value(value).build())
        .build();
  }

  /** Exports the number of dead letters by reason. */
  public void deadLetters(ToLongFunction<Violation> accepted) {
    for (Violation reason : Violation.values()) {
      FunctionCounter.builder("cameleon.dead.letters", reason, accepted::applyAsLong)
          .description("Dead letters that the dead-letter queue accepted")
          .tag("reason", reason.name())
          .register(meters);
    }
  }

  /**
   * Exports how many messages the dead-letter queue has, as SQS counts them.
   *
   * @param depth empty while it is not known; no sample is exported then, rather than an old one or
   *     0
   */
  public void deadLetterQueue(Supplier<Optional<SqsQueue.Depth>> depth) {
    meters
        .getPrometheusRegistry()
        .register(
            (MultiCollector)
                () -> depth.get().map(Metrics::snapshots).orElseGet(MetricSnapshots::new));
  }

  private static MetricSnapshots snapshots(SqsQueue.Depth depth) {
    return new MetricSnapshots(
        GaugeSnapshot.builder()
            .name("cameleon_dead_letter_queue_messages")
            .help("Messages in the dead-letter queue; not_visible: in flight to a reader")
            .dataPoint(state("visible", depth.visible()))
            .dataPoint(state("not_visible", depth.hidden()))
            .build());
  }

  private static GaugeSnapshot.GaugeDataPointSnapshot state(String state, long messages) {
    return GaugeSnapshot.GaugeDataPointSnapshot.builder()
        .labels(Labels.of("state", state))
        .value((double) messages)
        .build();
  }

  /**
   * Exports each readiness check: 1 if it is UP, 0 if it is DOWN. All samples exist from the start,
   * so that an alert ends when a check is UP again, and not because its sample has disappeared.
   */
  public void readiness(Health health) {
    meters
        .getPrometheusRegistry()
        .register((MultiCollector) () -> new MetricSnapshots(snapshot(health.ready())));
  }

  private static GaugeSnapshot snapshot(Health.Report report) {
    Set<String> checks = new TreeSet<>(Health.CHECKS);
    checks.addAll(report.problems().keySet());
    GaugeSnapshot.Builder ready =
        GaugeSnapshot.builder()
            .name("cameleon_ready")
            .help("1 if this readiness check is UP, 0 if it is DOWN; ready: all of them are UP");
    for (String check : checks) {
      ready.dataPoint(
          GaugeSnapshot.GaugeDataPointSnapshot.builder()
              .labels(Labels.of("check", check))
              .value(report.problems().containsKey(check) ? 0 : 1)
              .build());
    }
    return ready.build();
  }

  /** Exports how many fields outside the contract were dropped. */
  public void unknownFields(Supplier<Long> dropped) {
    // The registry holds its object weakly: a supplier without another reference would be
    // collected.
    FunctionCounter.builder("cameleon.unknown.fields", this, self -> dropped.get())
        .description("Message fields dropped because the contract does not name them")
        .register(meters);
  }

  /**
   * Exports the result of the last reload.
   *
   * @param success whether it succeeded, or there was none
   * @param atMillis when the running files took effect, in ms since 1970
   */
  public void reload(BooleanSupplier success, LongSupplier atMillis) {
    Gauge.builder("cameleon.config.reload.success", () -> success.getAsBoolean() ? 1 : 0)
        .description("1 if the last reload of the routes succeeded, or there was none; else 0")
        .register(meters);
    Gauge.builder("cameleon.config.reload.success.timestamp", () -> atMillis.getAsLong() / 1000.0)
        .description("When the routes that run were loaded, in seconds since 1970")
        .baseUnit("seconds")
        .register(meters);
  }

  /** All metrics in Prometheus's text format. */
  public String scrape() {
    return meters.scrape();
  }

  @Override
  public void close() {
    garbageCollection.close();
    meters.close();
  }
}
