package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.sqs.SqsQueue;
import dev.cameleon.support.Run;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The metrics about the dead-letter queue, and when they are absent. */
class DeadLetterDepthTest {
  private static final String METRIC = "cameleon_dead_letter_queue_messages";

  /** The first count is after 10 seconds, the next ones are 15 seconds apart. */
  private static final Duration LOOKS = Duration.ofSeconds(45);

  @TempDir private Path folder;

  @Test
  void theDepthIsExportedOnceItIsKnownAndDisappearsWithTheQueue() throws Exception {
    Site site = Site.in(folder).with("CAMELEON_DEAD_LETTER_BRAKE", "100");
    site.queues().send(List.of("one", "two", "three"));

    try (Run run = Run.on(site)) {
      assertThat(run.scrape()).doesNotContain(METRIC);
      run.await(Outcome.DEAD_LETTERED, 3);
      Shared.sqs()
          .client()
          .receiveMessage(
              request -> request.queueUrl(site.queues().deadLetterUrl()).visibilityTimeout(600));
      Awaitility.await().atMost(LOOKS).until(() -> run.scrape().contains(METRIC));
      assertThat(run.scrape().lines())
          .contains(
              "# TYPE " + METRIC + " gauge",
              METRIC + "{state=\"visible\"} 2.0",
              METRIC + "{state=\"not_visible\"} 1.0");

      Shared.sqs().client().deleteQueue(request -> request.queueUrl(site.queues().deadLetterUrl()));
      Awaitility.await().atMost(LOOKS).until(() -> !run.scrape().contains(METRIC));
      assertThat(run.health().ready().problems()).containsKey("DEAD_LETTER_QUEUE");
    }
  }

  @Test
  void anOldCountIsNotReportedAsCurrent() {
    long second = 1_000_000_000L;
    PeriodicChecks.Look look =
        new PeriodicChecks.Look(new SqsQueue.Depth(1, 0, 0), Long.MAX_VALUE - second);

    assertThat(look.isFresh(look.atNanos() + 44 * second)).isTrue();
    assertThat(look.isFresh(look.atNanos() + 45 * second)).isFalse();
  }
}
