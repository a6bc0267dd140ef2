package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.aws.AwsClients;
import dev.cameleon.config.Settings;
import dev.cameleon.observe.Metrics;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.sqs.ReceivedMessages;
import dev.cameleon.support.Events;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;

/** The periodic tasks, each run once and immediately. */
class PeriodicChecksTest {
  @TempDir private Path folder;

  @Test
  void whatNobodySettlesIsReturnedAndTheRestStaysInFlight() throws Exception {
    Site site = Site.in(folder, 600);
    Configuration plan = Configuration.read(Settings.read(site.environment()));
    long limit = plan.settings().inFlight().time().toNanos() + TimeUnit.MINUTES.toNanos(1);
    site.queues().send(Events.bodies(2));
    List<Message> received = site.queues().receiveSource();
    try (SqsClient sqs = AwsClients.sqs(4);
        Metrics metrics = new Metrics()) {
      Preflight queues = Preflight.open(plan, sqs, true);
      site.database()
          .execute(
              "INSERT INTO cameleon.ingested_message"
                  + " VALUES (gen_random_uuid(), now() - interval '31 days')");
      LongLived process = new LongLived(plan, queues, sqs, metrics, true);
      try {
        long now = System.nanoTime();
        ReceivedMessages.these(process.inFlight, received.subList(0, 1), now - limit);
        ReceivedMessages.these(
            process.inFlight, received.subList(1, 2), now - limit + TimeUnit.MINUTES.toNanos(1));
        PeriodicChecks checks = new PeriodicChecks(plan.settings(), process, () -> null);

        checks.schedule(new Scheduler(new AtOnce()));

        Awaitility.await().until(() -> process.inFlight.account().count(Outcome.RETURNED) == 1);
        assertThat(process.inFlight.rest())
            .extracting(delivery -> delivery.messageId())
            .containsExactly(received.get(1).messageId());
        assertThat(checks.deadLetterQueueDepth()).isPresent();
        assertThat(site.database().number("SELECT count(*) FROM cameleon.ingested_message"))
            .isZero();
      } finally {
        process.database.close();
        process.workers.close();
      }
    }
  }

  /** Runs each periodic task once, within the call that schedules it. */
  private static final class AtOnce extends ScheduledThreadPoolExecutor {
    AtOnce() {
      super(0);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(
        Runnable task, long first, long pause, TimeUnit unit) {
      task.run();
      return null;
    }
  }
}
