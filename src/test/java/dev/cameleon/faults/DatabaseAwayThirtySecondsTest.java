package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * PostgreSQL unreachable for 30 s while messages keep coming, on a queue whose redrive policy takes
 * a message away at the fourth receipt. The visibility timeout is shorter than the outage.
 */
class DatabaseAwayThirtySecondsTest {
  private static final Duration AWAY =
      Duration.ofSeconds(System.getProperty("soak") == null ? 30 : 300);
  private static final int VISIBILITY_SECONDS = 10;
  private static final int MOST_RECEIPTS = 3;

  @TempDir private Path folder;

  @Test
  void loadingGoesOnSoonAfterAndNoMessageWasReceivedTooOften() throws Exception {
    Site site = Site.in(folder, VISIBILITY_SECONDS);
    String redriven = redriveTo(site);
    try (DatabaseProxy proxy = DatabaseProxy.before(Shared.postgres().port())) {
      site.with("CAMELEON_DB_URL", proxy.url(site.database().name()));
      try (FaultScenario trial = FaultScenario.on(site)) {
        trial.send(500);
        // As in a failover: a machine disappears silently, then its successor starts.
        proxy.blackHole(true);
        sendFor(AWAY.dividedBy(2), trial);
        proxy.refuse();
        proxy.blackHole(false);
        sendFor(AWAY.dividedBy(2), trial);
        trial.awaitDown("08");
        long loadedBefore = trial.account().count(Outcome.LOADED);
        proxy.accept();

        Awaitility.await("loading again")
            .atMost(FaultScenario.RECOVERY)
            .pollInterval(Duration.ofMillis(20))
            .until(() -> trial.account().count(Outcome.LOADED) > loadedBefore);
        trial.recoversInTime();
        trial.assertEachMessageWasReceivedOnceAndIsOneRow();
      }
    }
    assertThat(depth(redriven)).isZero();
  }

  private static void sendFor(Duration time, FaultScenario trial) {
    Awaitility.await()
        .atMost(time.multipliedBy(2))
        .during(time)
        .pollInterval(Duration.ofMillis(500))
        .until(
            () -> {
              trial.send(20);
              return true;
            });
  }

  private static String redriveTo(Site site) {
    String url =
        Shared.sqs()
            .client()
            .createQueue(r -> r.queueName(site.environment().get("CAMELEON_QUEUE") + "-redriven"))
            .queueUrl();
    String arn =
        Shared.sqs()
            .client()
            .getQueueAttributes(r -> r.queueUrl(url).attributeNames(QueueAttributeName.QUEUE_ARN))
            .attributes()
            .get(QueueAttributeName.QUEUE_ARN);
    String policy =
        "{\"deadLetterTargetArn\":\"" + arn + "\",\"maxReceiveCount\":\"" + MOST_RECEIPTS + "\"}";
    Shared.sqs()
        .client()
        .setQueueAttributes(
            r ->
                r.queueUrl(site.queues().sourceUrl())
                    .attributes(Map.of(QueueAttributeName.REDRIVE_POLICY, policy)));
    return url;
  }

  private static long depth(String url) {
    return Long.parseLong(
        Shared.sqs()
            .client()
            .getQueueAttributes(
                r ->
                    r.queueUrl(url)
                        .attributeNames(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES))
            .attributes()
            .get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES));
  }
}
