package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** FIFO queues when a process dies at the wrong moment. */
class FifoFaultsTest {
  @TempDir private Path folder;

  @Test
  void aDeadLetterIsThereOnceThoughTheProcessEndedBeforeTheDelete() throws Exception {
    try (SqsProxy proxy = SqsProxy.start()) {
      Site site =
          Site.fifo(folder, 4)
              .with("AWS_ENDPOINT_URL", proxy.url())
              .with("CAMELEON_SHUTDOWN_TIMEOUT", "2s");
      site.queues().sendTo("group", List.of("{", Events.body(1)));
      proxy.on(SqsProxy.DELETE, Fault.denied());
      try (Run run = Run.on(site)) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> run.health().ready().problems().containsKey("DELETES"));
        Awaitility.await().until(() -> site.queues().deadLetters() == 1);
        Awaitility.await()
            .until(() -> site.database().number("SELECT count(*) FROM user_logins") == 1);
      }
      proxy.heal();

      try (Run run = Run.on(site)) {
        run.await(Outcome.DEAD_LETTERED, 1).await(Outcome.DUPLICATE, 1);
      }
      assertThat(site.queues().left()).isZero();
      assertThat(site.queues().deadLetters()).isOne();
      assertThat(site.database().number("SELECT count(*) FROM user_logins")).isOne();
    }
  }
}
