package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A PostgreSQL that fails in every way that is not a message's fault: nothing is dead-lettered, the
 * process reports that it is not ready and why, and recovers by itself soon after.
 */
class HostilePostgresTest {
  private static final String TRIGGER =
      """
      CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %s RETURN NEW; END $$;
      CREATE TRIGGER fault BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION fault()
      """;

  @TempDir private Path folder;

  @Test
  void aServerThatIsKilledAndStartedAgainIsWaitedFor() throws Exception {
    try (KillablePostgres postgres = new KillablePostgres(folder.resolve("data"))) {
      TestDatabase database = postgres.database();
      Site site = Site.onEmptyDatabase(folder).with("CAMELEON_DB_URL", database.url());
      try (FaultScenario trial = FaultScenario.on(site, database)) {
        trial.send(300);
        Awaitility.await().until(() -> trial.account().count(Outcome.LOADED) > 60);
        postgres.kill();
        trial.send(100);
        trial.awaitDown("");
        postgres.startAgain();
        trial.recoversInTime();

        trial.assertEachMessageWasReceivedOnceAndIsOneRow();
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          no connection left        | 53300 | ALTER ROLE $ CONNECTION LIMIT 0 | ALTER ROLE $ CONNECTION LIMIT -1
          the role may not log in   | 28000 | ALTER ROLE $ NOLOGIN            | ALTER ROLE $ LOGIN
          the password was changed  | 28P01 | ALTER ROLE $ PASSWORD 'second'  | ALTER ROLE $ PASSWORD 'first'
          read-only after a failover | 25006 | ALTER ROLE $ SET default_transaction_read_only = on | ALTER ROLE $ RESET ALL
          a table is missing        | 42P01 | ALTER TABLE user_logins RENAME TO away | ALTER TABLE away RENAME TO user_logins
          a column is missing       | 42703 | ALTER TABLE user_logins RENAME locale TO away | ALTER TABLE user_logins RENAME away TO locale
          a privilege is missing    | 42501 | ALTER TABLE user_logins OWNER TO postgres | ALTER TABLE user_logins OWNER TO $
          """)
  void aDatabaseThatDoesNotTakeRowsIsWaitedFor(
      String fault, String sqlState, String breaking, String mending) throws Exception {
    Site site = Site.onEmptyDatabase(folder);
    String role = ownRole(site);
    try (FaultScenario trial = FaultScenario.on(site)) {
      site.database().execute(breaking.replace("$", role));
      disconnect(site, role);
      trial.send(200);
      trial.awaitDown(sqlState);
      site.database().execute(mending.replace("$", role));
      trial.recoversInTime();

      trial.assertEachMessageWasReceivedOnceAndIsOneRow();
      assertThat(trial.account().count(Outcome.DUPLICATE)).isZero();
    }
  }

  /**
   * Faults that a probe without rows does not notice. A trigger simulates the full disk, because a
   * really full one needs its own file system, which a test may not mount.
   */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          the disk is full       | 53100 | RAISE 'disk full' USING ERRCODE = '53100';
          a cancelled statement  | 57014 | PERFORM pg_cancel_backend(pg_backend_pid()), pg_sleep(60);
          lasting deadlocks      | 40P01 | RAISE 'deadlock' USING ERRCODE = '40P01';
          """)
  void aFaultThatOnlyRowsMeetIsHeldUntilARowPasses(String fault, String sqlState, String body)
      throws Exception {
    Site site = Site.onEmptyDatabase(folder);
    String role = ownRole(site);
    try (FaultScenario trial = FaultScenario.on(site)) {
      site.database().execute(TRIGGER.formatted(body));
      disconnect(site, role);
      trial.send(200);
      trial.awaitDown(sqlState);
      site.database().execute("DROP TRIGGER fault ON user_logins");
      trial.recoversInTime();

      trial.assertEachMessageWasReceivedOnceAndIsOneRow();
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "soak", matches = ".+")
  void aStatementThatRunsIntoItsTimeOutIsHeldUntilARowPasses() throws Exception {
    // 200 rows of a second each take longer than the 30 s of the statement time-out.
    aFaultThatOnlyRowsMeetIsHeldUntilARowPasses("time-out", "57014", "PERFORM pg_sleep(1);");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"a deadlock, 40P01", "a serialization failure, 40001"})
  void aTransientConflictIsRetriedAtOnceAndCausesNoOutage(String fault, String sqlState)
      throws Exception {
    Site site = Site.onEmptyDatabase(folder);
    try (FaultScenario trial = FaultScenario.on(site)) {
      site.database().execute("CREATE SEQUENCE tries");
      site.database()
          .execute(
              TRIGGER.formatted(
                  "IF nextval('tries') <= 2 THEN RAISE 'conflict' USING ERRCODE = '"
                      + sqlState
                      + "'; END IF;"));
      trial.send(1);
      Awaitility.await()
          .until(
              () -> {
                assertThat(trial.run().health().ready().problems()).isEmpty();
                return trial.account().count(Outcome.LOADED) == 61;
              });

      assertThat(site.database().number("SELECT last_value FROM tries")).isEqualTo(3);
      trial.assertEachMessageWasReceivedOnceAndIsOneRow();
    }
  }

  @Test
  void aLoadSqlBrokenByAnEditReceivesNothingUntilItIsCorrected() throws Exception {
    Site site = Site.onEmptyDatabase(folder);
    site.edit("load.sql", "FROM event", "FRON event");
    site.queues().send(java.util.List.of(dev.cameleon.support.Events.body(1)));
    try (dev.cameleon.support.Run run = dev.cameleon.support.Run.on(site)) {
      assertThat(run.health().ready().problems().get("DATABASE")).contains("SQLSTATE 42601");
      assertThat(run.account().received()).isZero();
    }
    site.edit("load.sql", "FRON event", "FROM event");
    try (dev.cameleon.support.Run run = dev.cameleon.support.Run.on(site)) {
      run.await(Outcome.LOADED, 1);
    }
    assertThat(site.queues().deadLetters()).isZero();
  }

  /** Makes the site load as a separate role from which the server requires a password. */
  private static String ownRole(Site site) throws Exception {
    TestDatabase database = site.database();
    String role = "loader_of_" + database.name();
    database.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'first'");
    database.execute("ALTER DATABASE " + database.name() + " OWNER TO " + role);
    database.rule("host all " + role + " all scram-sha-256");
    site.with("CAMELEON_DB_USER", role).with("CAMELEON_DB_PASSWORD", "first");
    return role;
  }

  private static void disconnect(Site site, String role) {
    site.database()
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"
                + role
                + "'");
  }
}
