package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Account;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several processes on one queue: start and stop. */
class ManyProcessesIT {
  private static final Duration START = Duration.ofSeconds(60);

  @TempDir private Path folder;

  private final List<Program> processes = new ArrayList<>();

  @AfterEach
  void close() {
    processes.forEach(Program::close);
  }

  @Test
  void threeStartedTogetherOnAnEmptyDatabaseShareTheQueueAndOneMayLeave() throws Exception {
    // Messages that SQS gives to a receive cut by a stop stay hidden for this long.
    Site site = Site.onEmptyDatabase(folder, 10);
    Traffic traffic = new Traffic(site).send(1000, 100);
    start(site);
    start(site);
    start(site);
    processes.forEach(ManyProcessesIT::awaitStarted);

    traffic.send(2000, 100);
    processes.get(0).terminate();
    traffic.send(3000, 100);
    traffic.awaitGone();
    processes.get(1).terminate();
    processes.get(2).terminate();

    long loaded = 0;
    long deadLettered = 0;
    for (Program process : processes) {
      Program.Result result = process.result();
      Account account = ProcessResult.account(result.err());
      assertThat(result.exitCode()).as(result.err()).isZero();
      assertThat(account.inFlight()).isZero();
      assertThat(account.count(Outcome.LOADED)).isPositive();
      loaded += account.count(Outcome.LOADED);
      deadLettered += account.count(Outcome.DEAD_LETTERED);
    }
    assertThat(loaded).isEqualTo(traffic.good());
    assertThat(deadLettered).isEqualTo(traffic.malformed());
    traffic.assertArrivedOnce();
  }

  @Test
  void aSecondSigtermEndsAStopAtOnceAndLosesNothing() throws Exception {
    Site site = Site.in(folder, 5);
    Traffic traffic = new Traffic(site);
    Program process = start(site);
    awaitStarted(process);

    try (Connection other = lock(site)) {
      traffic.send(500, 100);
      Awaitility.await().until(() -> site.queues().hidden() > 0);
      process.terminate();
      Awaitility.await().until(() -> process.err().contains("Stopping"));
      // Repeated, because signals shortly after the first count as one request.
      Awaitility.await()
          .atMost(Duration.ofSeconds(3))
          .until(
              () -> {
                process.terminate();
                return !process.isAlive();
              });
      other.rollback();
    }

    assertThat(process.result().exitCode()).isEqualTo(1);
    assertDrained(site, traffic);
  }

  @Test
  void aStopWhileTheTableIsLockedReturnsEverythingInTime() throws Exception {
    Site site = Site.in(folder, 5).with("CAMELEON_SHUTDOWN_TIMEOUT", "8s");
    Traffic traffic = new Traffic(site);
    Program process = start(site);
    awaitStarted(process);

    Program.Result result;
    try (Connection other = lock(site)) {
      traffic.send(500, 100);
      Awaitility.await().until(() -> site.queues().hidden() > 0);
      process.terminate();
      result = process.result();
      other.rollback();
    }

    assertThat(result.exitCode()).as(result.err()).isZero();
    Account account = ProcessResult.account(result.err());
    assertThat(account.count(Outcome.RETURNED)).isPositive();
    assertDrained(site, traffic);
  }

  @Test
  void anIdleProcessStopsWithinTwoSeconds() throws Exception {
    Program process = start(Site.in(folder));
    awaitStarted(process);

    process.terminate();

    Awaitility.await().atMost(Duration.ofSeconds(2)).until(() -> !process.isAlive());
    assertThat(process.result().exitCode()).isZero();
  }

  private Program start(Site site) throws IOException {
    Program process = Program.start(site.environment(), folder, "run");
    processes.add(process);
    return process;
  }

  private static void awaitStarted(Program process) {
    Awaitility.await("a start").atMost(START).until(() -> process.err().contains("Started"));
  }

  private static Connection lock(Site site) throws Exception {
    Connection other = site.database().connect();
    other.setAutoCommit(false);
    try (Statement statement = other.createStatement()) {
      statement.execute("LOCK TABLE user_logins IN ACCESS EXCLUSIVE MODE");
    }
    return other;
  }

  private void assertDrained(Site site, Traffic traffic) throws Exception {
    Program.Result last =
        Program.run(site.environment(), folder, "run", "--until-empty", "--timeout", "55s");
    assertThat(last.exitCode()).as(last.err()).isZero();
    traffic.assertArrivedOnce();
  }
}
