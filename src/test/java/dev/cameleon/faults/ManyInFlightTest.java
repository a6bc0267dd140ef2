package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * All messages in flight stay invisible despite a slow network; with only four parallel calls, half
 * of them would not.
 */
class ManyInFlightTest {
  private static final boolean SOAK = System.getProperty("soak") != null;

  /**
   * Four parallel calls would take the whole visibility timeout. Outside a soak, there are fewer
   * and slower calls, so that a busy machine does not delay an extension beyond the margin.
   */
  private static final int MESSAGES = SOAK ? 10_000 : 1_000;

  private static final long ROUND_TRIP_MILLIS = SOAK ? 40 : 800;
  private static final int VISIBILITY_SECONDS = SOAK ? 10 : 20;
  private static final Duration HELD = Duration.ofSeconds(SOAK ? 40 : 28);

  @TempDir private Path folder;

  @Test
  void allMessagesInFlightStayInvisibleWhileTheTableIsLocked() throws Exception {
    try (SqsProxy proxy = SqsProxy.start()) {
      Site site =
          Site.in(folder, VISIBILITY_SECONDS)
              .with("AWS_ENDPOINT_URL", proxy.url())
              .with("CAMELEON_IN_FLIGHT_MESSAGES", Integer.toString(MESSAGES));
      proxy.on(SqsProxy.CHANGE_VISIBILITY, Fault.slow(ROUND_TRIP_MILLIS));
      site.migrate();
      Traffic traffic = new Traffic(site).send(MESSAGES, 0);

      try (Run run = Run.on(site);
          Connection holder = site.database().connect();
          Statement statement = holder.createStatement()) {
        holder.setAutoCommit(false);
        statement.execute("LOCK TABLE user_logins IN ACCESS EXCLUSIVE MODE");
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> site.queues().visible() == 0);
        Awaitility.await()
            .during(HELD)
            .atMost(HELD.plusSeconds(5))
            .until(() -> site.queues().visible() == 0);
        assertThat(run.account().count(Outcome.RETURNED)).isZero();
        holder.rollback();
        traffic.awaitGone();
        assertThat(run.account().received()).isEqualTo(MESSAGES);
      }
      traffic.assertArrivedOnce();
    }
  }
}
