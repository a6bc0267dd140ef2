package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.db.Database;
import dev.cameleon.db.LoaderPool;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A message is deleted only when its row outlives the server: written to its disk, and to that of
 * the synchronous standby if there is one.
 */
class DurabilityTest {
  private static final String WAITING =
      "pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'cameleon'";

  @TempDir private Path folder;

  @Test
  void rowsOfDeletedMessagesSurviveAServerThatCommitsAsynchronouslyByDefault() throws Exception {
    try (KillablePostgres postgres = new KillablePostgres(folder.resolve("data"))) {
      TestDatabase database = postgres.database();
      // Given: changes that are not flushed by their commit stay in memory for long.
      database.execute("ALTER SYSTEM SET wal_writer_delay = '10s'");
      database.execute("ALTER DATABASE postgres SET synchronous_commit = off");
      database.execute("SELECT pg_reload_conf()");
      Site site = Site.in(folder).with("CAMELEON_DB_URL", database.url());
      try (FaultScenario trial = FaultScenario.on(site, database)) {
        trial.send(200);
        trial.awaitAllLoaded();
        Awaitility.await().until(() -> site.queues().left() == 0);
        // When
        postgres.kill();
        postgres.startAgain();
        // Then
        trial.assertEachMessageIsOneRow();
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"off, on", "local, on", "remote_write, on", "on, on", "remote_apply, remote_apply"})
  void aSessionThatLoadsKeepsNoWeakerSettingThanOn(String servers, String sessions)
      throws Exception {
    String url = Shared.postgres().database().url() + "?options=-c%20synchronous_commit=" + servers;
    Database.Login login = new Database.Login(url, "postgres", "postgres");

    try (Connection single = Database.connect(login, "01020304");
        LoaderPool pool = Database.pool(login, 1, "01020304");
        Connection pooled = pool.getConnection()) {
      assertThat(setting(single)).isEqualTo(sessions);
      assertThat(setting(pooled)).isEqualTo(sessions);
    }
  }

  private static String setting(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW synchronous_commit")) {
      row.next();
      return row.getString(1);
    }
  }

  @Test
  void aCommitWhoseWaitForTheStandbyWasCancelledDeletesNothing() throws Exception {
    try (KillablePostgres postgres = new KillablePostgres(folder.resolve("data"))) {
      TestDatabase database = withoutWaiting(postgres);
      database.execute("ALTER DATABASE postgres SET client_min_messages = error");
      // One loader: the other waiting session is the probe.
      Site site =
          Site.in(folder)
              .with("CAMELEON_DB_URL", postgres.database().url())
              .with("CAMELEON_LOADERS", "1");
      try (FaultScenario trial = FaultScenario.on(site, database)) {
        // Given: a synchronous standby that is down, a server that would not even warn, and
        // somebody who cancels the wait for the standby.
        Path copy = postgres.copy(folder.resolve("standby"));
        waitFor(database, "'standby'");
        trial.send(20);
        Awaitility.await("rows that the standby has not")
            .atMost(Duration.ofSeconds(30))
            .until(
                () -> {
                  database.query("SELECT pg_cancel_backend(pid) FROM " + WAITING);
                  return database.number("SELECT count(*) FROM user_logins") > 60;
                });
        // When: the process has probed whether the database accepts rows.
        trial.awaitDown("01000");
        Awaitility.await("the probe, which waits for the standby too")
            .atMost(Duration.ofSeconds(30))
            .until(() -> database.number("SELECT count(*) FROM " + WAITING) > 0);
        // Then: nothing is deleted.
        assertThat(trial.account().count(Outcome.LOADED)).isEqualTo(60);
        assertThat(trial.account().count(Outcome.DUPLICATE)).isZero();
        assertThat(site.queues().left()).isEqualTo(20);
        // When: the standby is back.
        try (KillablePostgres standby = postgres.standby(copy)) {
          trial.awaitAllLoaded();
          // Then
          trial.assertEachMessageWasReceivedOnceAndIsOneRow();
          assertThat(trial.account().count(Outcome.DUPLICATE)).isPositive();
          Awaitility.await()
              .until(() -> standby.database().number("SELECT count(*) FROM user_logins") == 80);
        }
      }
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "soak", matches = ".+")
  void aStandbyThatIsAwayForLongerThanEveryTimeOutIsWaitedFor() throws Exception {
    try (KillablePostgres postgres = new KillablePostgres(folder.resolve("data"))) {
      TestDatabase database = withoutWaiting(postgres);
      Site site = Site.in(folder).with("CAMELEON_DB_URL", postgres.database().url());
      try (FaultScenario trial = FaultScenario.on(site, database)) {
        waitFor(database, "'standby'");
        trial.send(200);
        Awaitility.await()
            .during(Duration.ofSeconds(150))
            .atMost(Duration.ofSeconds(151))
            .until(() -> trial.account().count(Outcome.LOADED) == 60);
        assertThat(site.queues().left()).isEqualTo(200);
        // One for each loader and one for the probe; attempts must not leave further ones behind.
        assertThat(database.number("SELECT count(*) FROM " + WAITING)).isLessThan(15);
        waitFor(database, "''");
        trial.awaitAllLoaded();
        trial.assertEachMessageWasReceivedOnceAndIsOneRow();
      }
    }
  }

  /** The test's own statements do not wait for the standby. */
  private static TestDatabase withoutWaiting(KillablePostgres postgres) {
    return new TestDatabase(
        postgres.database().url() + "?options=-c%20synchronous_commit=local", "postgres");
  }

  private static void waitFor(TestDatabase database, String names) {
    database.execute("ALTER SYSTEM SET synchronous_standby_names = " + names);
    database.execute("SELECT pg_reload_conf()");
  }
}
