package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Account;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/**
 * One run with a database fault: messages are sent before, during and after it, and in the end each
 * must be exactly one row.
 */
final class FaultScenario implements AutoCloseable {
  /**
   * The promised limit. Most recoveries take a second and a half; the rest is for a busy machine.
   */
  static final Duration RECOVERY = Duration.ofSeconds(5);

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Site site;
  private final TestDatabase database;
  private final Run run;
  private final List<String> sent = new ArrayList<>();

  private FaultScenario(Site site, TestDatabase database) throws Exception {
    this.site = site;
    this.database = database;
    this.run = Run.on(site);
  }

  /** Starts a run and loads some messages, so that its connections are open and working. */
  static FaultScenario on(Site site) throws Exception {
    return on(site, site.database());
  }

  /** As {@link #on(Site)}, on the test's own database. */
  static FaultScenario on(Site site, TestDatabase database) throws Exception {
    return on(site, database, 60);
  }

  /** As {@link #on(Site, TestDatabase)}, with a first batch of this many messages. */
  static FaultScenario on(Site site, TestDatabase database, int first) throws Exception {
    FaultScenario trial = new FaultScenario(site, database);
    trial.send(first);
    trial.awaitAllLoaded();
    return trial;
  }

  /** Sends this many messages, each of a different user. */
  void send(int count) {
    int first = sent.size();
    sent.addAll(
        site.queues().send(IntStream.range(first, first + count).mapToObj(Events::body).toList()));
  }

  /** Waits until the process is not ready and reports this SQLSTATE. */
  void awaitDown(String sqlState) {
    Awaitility.await("readiness DOWN with " + sqlState)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () ->
                run.health()
                    .ready()
                    .problems()
                    .getOrDefault("DATABASE", "")
                    .contains("SQLSTATE " + sqlState));
  }

  /** Waits until everything sent so far is loaded and the process is ready. */
  void awaitAllLoaded() {
    Awaitility.await("all loaded, and ready")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> count() >= sent.size() && run.health().ready().up());
  }

  private long count() {
    return run.account().count(Outcome.LOADED) + run.account().count(Outcome.DUPLICATE);
  }

  /** Asserts that everything is loaded and the process is ready soon after the end of the fault. */
  void recoversInTime() {
    long began = System.nanoTime();
    awaitAllLoaded();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(RECOVERY);
  }

  /**
   * Checks the account of a run in which no message was received twice, so nothing was returned.
   */
  void assertEachMessageWasReceivedOnceAndIsOneRow() {
    assertThat(account().received()).isEqualTo(sent.size());
    assertEachMessageIsOneRow();
  }

  /** Checks the account, the queues and the table. */
  void assertEachMessageIsOneRow() {
    Awaitility.await().until(() -> site.queues().left() == 0);
    assertThat(account().inFlight()).isZero();
    // Independently of the account: the messages in the queues and the rows in the table.
    assertThat(
            site.queues().left()
                + site.queues().deadLetters()
                + database.number("SELECT count(*) FROM user_logins"))
        .as("queue + dead letters + rows")
        .isEqualTo(sent.size());
    assertThat(account().count(Outcome.DEAD_LETTERED)).isZero();
    assertThat(site.queues().deadLetters()).isZero();
    assertThat(database.query("SELECT count(*), count(DISTINCT user_id) FROM user_logins"))
        .containsExactly(List.of("" + sent.size(), "" + sent.size()));
    assertThat(database.query("SELECT message_id FROM cameleon.ingested_message"))
        .extracting(row -> row.get(0))
        .containsExactlyInAnyOrderElementsOf(sent);
  }

  /** The account now. */
  Account account() {
    return run.account();
  }

  /** The run. */
  Run run() {
    return run;
  }

  @Override
  public void close() {
    run.close();
  }
}
