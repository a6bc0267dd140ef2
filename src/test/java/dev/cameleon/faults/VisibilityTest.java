package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Account;
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
 * Messages that wait for the database stay invisible to others, and are returned after their time.
 */
class VisibilityTest {
  private static final int VISIBILITY_SECONDS = 4;
  private static final int MESSAGES = 2000;
  private static final Duration THREE_TIMES = Duration.ofSeconds(3L * VISIBILITY_SECONDS);

  @TempDir private Path folder;

  @Test
  void messagesThatWaitForALockThreeTimesTheirVisibilityAreReceivedOnce() throws Exception {
    // One batch after 10 s, because even a slow machine has received all by then and receiving does
    // not pause.
    // All arrive at once at a program that has just started, so the first extension takes some
    // time.
    int visibilitySeconds = 2 * VISIBILITY_SECONDS;
    int messages = MESSAGES / 2;
    Site site =
        Site.in(folder, visibilitySeconds)
            .with("CAMELEON_BATCH_ROWS", "10000")
            .with("CAMELEON_BATCH_WAIT", "10s");
    site.queues().redrive(1);
    site.migrate();
    Traffic traffic = new Traffic(site).send(messages, 0);

    try (Run run = Run.on(site)) {
      try (Connection other = site.database().connect();
          Statement statement = other.createStatement()) {
        other.setAutoCommit(false);
        statement.execute("LOCK TABLE user_logins IN ACCESS EXCLUSIVE MODE");
        awaitHeld(run, messages);
        Awaitility.await().until(() -> run.health().ready().problems().containsKey("DATABASE"));
        staysHeld(site, run, Duration.ofSeconds(3L * visibilitySeconds));
        other.rollback();
      }
      traffic.awaitGone();
      assertReceivedOnce(run, messages);
    }
    traffic.assertArrivedOnce();
  }

  @Test
  void messagesThatWaitForATableThreeTimesTheirVisibilityAreReceivedOnce() throws Exception {
    Site site = Site.in(folder, VISIBILITY_SECONDS).with("CAMELEON_BATCH_WAIT", "2s");
    site.queues().redrive(1);
    Traffic traffic = new Traffic(site);

    try (Run run = Run.on(site)) {
      site.database().execute("ALTER TABLE user_logins RENAME TO elsewhere");
      traffic.send(MESSAGES, 0);
      Awaitility.await().until(() -> !run.health().ready().up());
      long held = run.account().inFlight();
      Awaitility.await()
          .during(THREE_TIMES)
          .atMost(THREE_TIMES.plusSeconds(2))
          .until(() -> run.account().received() == run.account().inFlight());
      site.database().execute("ALTER TABLE elsewhere RENAME TO user_logins");
      traffic.awaitGone();
      assertReceivedOnce(run, MESSAGES);
      assertThat(held).isPositive();
    }
    traffic.assertArrivedOnce();
  }

  @Test
  void anExtensionThatFailsIsTriedAgainInTime() throws Exception {
    try (SqsProxy proxy = SqsProxy.start()) {
      Site site = Site.in(folder, 2 * VISIBILITY_SECONDS).with("AWS_ENDPOINT_URL", proxy.url());
      Traffic traffic = new Traffic(site);

      try (Run run = Run.on(site)) {
        proxy.on(SqsProxy.CHANGE_VISIBILITY, Fault.denied().first(1));
        site.database().execute("ALTER TABLE user_logins RENAME TO elsewhere");
        traffic.send(1, 0);
        awaitHeld(run, 1);
        staysHeld(site, run, THREE_TIMES);
        site.database().execute("ALTER TABLE elsewhere RENAME TO user_logins");
        traffic.awaitGone();
        assertThat(proxy.calls(SqsProxy.CHANGE_VISIBILITY)).isGreaterThan(1);
        assertReceivedOnce(run, 1);
      }
      traffic.assertArrivedOnce();
    }
  }

  @Test
  void aMessageThatCannotBeFinishedInTimeIsReturnedAndLoadedOnceLater() throws Exception {
    Site site =
        Site.in(folder, VISIBILITY_SECONDS)
            .with("CAMELEON_IN_FLIGHT_TIME", "5s")
            .with("CAMELEON_IN_FLIGHT_MESSAGES", "100");
    Traffic traffic = new Traffic(site);

    try (Run run = Run.on(site)) {
      site.database().execute("ALTER TABLE user_logins RENAME TO elsewhere");
      traffic.send(MESSAGES, 0);
      run.await(Outcome.RETURNED, 1);
      Awaitility.await().until(() -> run.account().inFlight() == 0);
      assertThat(run.account().count(Outcome.RETURNED)).isEqualTo(run.account().received());
      assertThat(run.health().ready().problems()).containsKey("DATABASE");
      site.database().execute("ALTER TABLE elsewhere RENAME TO user_logins");
      traffic.awaitGone();
      // A message is deleted a moment before it is counted.
      Awaitility.await().until(() -> run.account().inFlight() == 0);
      assertThat(run.account().count(Outcome.LOADED)).isEqualTo(MESSAGES);
    }
    traffic.assertArrivedOnce();
  }

  private static void awaitHeld(Run run, long messages) {
    Awaitility.await().until(() -> run.account().inFlight() >= messages);
  }

  /** Asserts that nothing is loaded and nobody else receives anything. */
  private static void staysHeld(Site site, Run run, Duration time) {
    Awaitility.await()
        .during(time)
        .atMost(time.plusSeconds(2))
        .until(() -> run.account().count(Outcome.LOADED) == 0 && site.queues().visible() == 0);
  }

  private static void assertReceivedOnce(Run run, int messages) {
    Awaitility.await().until(() -> run.account().inFlight() == 0);
    Account account = run.account();
    assertThat(account.received()).isEqualTo(messages);
    assertThat(account.count(Outcome.LOADED)).isEqualTo(messages);
  }
}
