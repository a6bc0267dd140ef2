package dev.cameleon.support;

import dev.cameleon.app.Application;
import dev.cameleon.app.Configuration;
import dev.cameleon.app.Preflight;
import dev.cameleon.aws.AwsClients;
import dev.cameleon.config.Settings;
import dev.cameleon.observe.Health;
import dev.cameleon.observe.Metrics;
import dev.cameleon.sqs.Account;
import dev.cameleon.sqs.Outcome;
import java.time.Duration;
import org.awaitility.Awaitility;
import software.amazon.awssdk.services.sqs.SqsClient;

/** Cameleon running in this JVM, on a {@link Site}. */
public final class Run implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Health health = new Health();
  private final Metrics metrics = new Metrics();
  private final Application pipeline;

  private Run(Site site) throws Exception {
    // The SDK reads its variables only from the process's environment; these properties replace it.
    System.setProperty("aws.endpointUrl", site.environment().get("AWS_ENDPOINT_URL"));
    Configuration plan = Configuration.read(Settings.read(site.environment()));
    SqsClient sqs = AwsClients.sqs(Application.connections(plan.settings()));
    Preflight connections = Preflight.open(plan, sqs, plan.settings().database().migrate());
    pipeline = new Application(plan, connections, sqs, metrics, true);
    metrics.readiness(health);
    pipeline.start(health);
  }

  /** Starts a run. */
  public static Run on(Site site) throws Exception {
    return new Run(site);
  }

  /** Waits until this many messages have this outcome. */
  public Run await(Outcome outcome, long count) {
    Awaitility.await(outcome + " " + count)
        .atMost(PATIENCE)
        .until(() -> account().count(outcome) >= count);
    return this;
  }

  /** Requests a reload, as SIGHUP does. */
  public void reload() {
    pipeline.reload();
  }

  /** The account now. */
  public Account account() {
    return pipeline.account();
  }

  /** The health now. */
  public Health health() {
    return health;
  }

  /** The metrics now. */
  public String scrape() {
    return metrics.scrape();
  }

  @Override
  public void close() {
    pipeline.close();
    metrics.close();
    System.setProperty("aws.endpointUrl", Shared.sqs().endpoint().toString());
  }
}
