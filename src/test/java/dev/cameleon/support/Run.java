package dev.cameleon.support;

import dev.cameleon.Aws;
import dev.cameleon.Connections;
import dev.cameleon.Pipeline;
import dev.cameleon.Plan;
import dev.cameleon.Settings;
import dev.cameleon.observe.Health;
import dev.cameleon.observe.Metrics;
import dev.cameleon.settle.Account;
import dev.cameleon.settle.Outcome;
import java.time.Duration;
import org.awaitility.Awaitility;
import software.amazon.awssdk.services.sqs.SqsClient;

/** Cameleon running in this JVM, on a {@link Site}. */
public final class Run implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Health health = new Health();
  private final Metrics metrics = new Metrics();
  private final Pipeline pipeline;

  private Run(Site site) throws Exception {
    // The SDK reads its own variables from the process's environment only; this stands for it.
    System.setProperty("aws.endpointUrl", site.environment().get("AWS_ENDPOINT_URL"));
    Plan plan = Plan.read(Settings.read(site.environment()));
    SqsClient sqs = Aws.sqs(Pipeline.connections(plan.settings()));
    Connections connections = Connections.open(plan, sqs, plan.settings().migrate());
    pipeline = new Pipeline(plan, connections, sqs, metrics, true);
    pipeline.start(health);
  }

  /** Starts it. */
  public static Run on(Site site) throws Exception {
    return new Run(site);
  }

  /** Waits until so many messages are settled in this way. */
  public Run await(Outcome outcome, long count) {
    Awaitility.await(outcome + " " + count)
        .atMost(PATIENCE)
        .until(() -> account().count(outcome) >= count);
    return this;
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
