package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections to PostgreSQL that break at each stage of a batch. */
class CutConnectionsTest {
  @TempDir private Path folder;

  private final DatabaseProxy proxy = DatabaseProxy.before(Shared.postgres().port());

  @AfterEach
  void closeProxy() throws Exception {
    proxy.close();
  }

  private Site site() {
    Site site = Site.in(folder);
    return site.with("CAMELEON_DB_URL", proxy.url(site.database().name()));
  }

  @Test
  void aConnectionCutBeforeTheStatementArrivesLosesNothing() throws Exception {
    try (FaultScenario trial = FaultScenario.on(site())) {
      proxy.cutBeforeExecution(5);
      trial.send(200);
      trial.awaitDown("08006");
      Awaitility.await().until(() -> proxy.cutsLeft() == 0);
      trial.recoversInTime();

      trial.assertEachMessageWasReceivedOnceAndIsOneRow();
      assertThat(trial.account().count(Outcome.DUPLICATE)).isZero();
    }
  }

  @Test
  void aCommitWhoseAnswerIsLostIsRepeatedAndItsRowsCountAsDuplicates() throws Exception {
    try (FaultScenario trial = FaultScenario.on(site())) {
      proxy.cutAfterCommit(1);
      trial.send(10);
      trial.awaitDown("08006");
      trial.recoversInTime();

      trial.assertEachMessageWasReceivedOnceAndIsOneRow();
      assertThat(trial.account().count(Outcome.DUPLICATE)).isBetween(1L, 10L);
    }
  }

  @Test
  void aConnectionCutDuringTheCommitIsRepeatedWhileTheServerStillCommits() throws Exception {
    Site site = site();
    try (FaultScenario trial = FaultScenario.on(site)) {
      // A trigger that runs once in the commit: the server does not notice that the client is gone.
      site.database()
          .execute(
              """
              CREATE SEQUENCE commits;
              CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$
              BEGIN
                IF nextval('commits') = 1 THEN PERFORM pg_sleep(1); END IF;
                RETURN NULL;
              END $$;
              CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON user_logins
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION linger()
              """);
      trial.send(10);
      Awaitility.await()
          .until(
              () ->
                  site.database()
                          .number(
                              "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
                                  + " AND datname = current_database()")
                      == 1);
      proxy.cut();
      trial.awaitDown("08006");
      trial.recoversInTime();

      trial.assertEachMessageWasReceivedOnceAndIsOneRow();
      assertThat(trial.account().count(Outcome.DUPLICATE)).isBetween(1L, 10L);
    }
  }

  @Test
  void aServerThatRefusesConnectionsIsWaitedForAndNothingIsReceivedMeanwhile() throws Exception {
    try (FaultScenario trial = FaultScenario.on(site())) {
      proxy.refuse();
      trial.awaitDown("08001");
      long received = trial.account().received();
      trial.send(300);
      Awaitility.await().during(java.time.Duration.ofSeconds(2)).until(() -> true);
      assertThat(trial.account().received() - received)
          .as("what polls that were under way brought")
          .isLessThanOrEqualTo(160);
      proxy.accept();
      trial.recoversInTime();

      trial.assertEachMessageWasReceivedOnceAndIsOneRow();
    }
  }

  @Test
  void aNetworkThatSwallowsEverythingIsNoticedAndDeadConnectionsAreLeft() throws Exception {
    try (FaultScenario trial = FaultScenario.on(site())) {
      proxy.blackHole(true);
      trial.send(300);
      trial.awaitDown("08");
      proxy.blackHole(false);
      trial.recoversInTime();

      trial.assertEachMessageWasReceivedOnceAndIsOneRow();
    }
  }

  @Test
  void aSlowConnectionIsNotAFault() throws Exception {
    try (FaultScenario trial = FaultScenario.on(site())) {
      proxy.delay(40);
      trial.send(500);
      trial.awaitAllLoaded();

      trial.assertEachMessageWasReceivedOnceAndIsOneRow();
      assertThat(trial.account().count(Outcome.DUPLICATE)).isZero();
    }
  }
}
