package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Program;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One row among good ones that fails in a way that may be the row's fault or the table's: the
 * others are loaded, and it returns to the queue. If no row can be loaded, the table is at fault.
 */
class OddRowsTest {
  private static final String TRIGGER =
      """
      CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE n integer;
      BEGIN IF %s THEN %s END IF; RETURN NEW; END $$;
      CREATE TRIGGER look BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION look()
      """;

  /** Partitions only for the days around today. */
  private static final String PARTITIONS =
      """
      DROP VIEW cameleon.logins, cameleon.duplicate_ips, cameleon.duplicate_devices;
      ALTER TABLE user_logins RENAME TO old_logins;
      CREATE TABLE user_logins (LIKE old_logins) PARTITION BY RANGE (create_date);
      DO $$ BEGIN EXECUTE format('CREATE TABLE these_days PARTITION OF user_logins FOR VALUES FROM (%L) TO (%L)',
        current_date - 7, current_date + 7); END $$
      """;

  private static final String POLICY =
      """
      ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY;
      CREATE POLICY not_odd ON user_logins WITH CHECK (user_id <> 'odd')
      """;

  private static final String VIEW =
      """
      ALTER TABLE user_logins RENAME TO all_logins;
      CREATE VIEW user_logins AS SELECT * FROM all_logins WHERE user_id <> 'odd' WITH CHECK OPTION
      """;

  @TempDir private Path folder;

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "no partition, 23514",
    "a subquery with two rows, 21000",
    "a missing row, P0002",
    "row-level security, 42501",
  })
  void anOddRowGoesBackToTheQueueAndTheOthersAreLoadedAndReceivedOnce(String fault, String sqlState)
      throws Exception {
    Site site = site(fault);
    site.queues().redrive(1); // moves every message that is received twice to the dead-letter queue
    List<String> bodies = Events.bodies(20);
    site.queues().send(bodies.subList(0, 7));
    sendOdd(site);
    site.queues().send(bodies.subList(7, 20));

    try (Run run = Run.on(site)) {
      Awaitility.await()
          .pollInterval(Duration.ofMillis(20))
          .until(() -> run.health().ready().json().contains(sqlState));
      run.await(Outcome.LOADED, 20).await(Outcome.RETURNED, 1);
      // Other rows were loaded meanwhile, so it is not an outage.
      Awaitility.await().until(() -> run.health().ready().up());
      assertThat(run.account().received()).isEqualTo(21);
      assertThat(run.account().count(Outcome.DEAD_LETTERED)).isZero();
    }

    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(20);
    assertThat(site.queues().left() + site.queues().deadLetters()).isEqualTo(1);
  }

  @Test
  void aRowAgainstAViewsCheckOptionIsADeadLetter() throws Exception {
    Site site = site("a view");
    sendOdd(site);
    site.queues().send(Events.bodies(20));

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 20).await(Outcome.DEAD_LETTERED, 1);
      assertThat(run.account().received()).isEqualTo(21);
    }

    assertThat(site.queues().takeDeadLetters())
        .extracting(deadLetter -> TestQueues.attribute(deadLetter, "sql-state"))
        .containsExactly("44000");
  }

  @Test
  void aTableThatAcceptsNoRowIsDetectedWithoutSpinningOrLoss() throws Exception {
    Site site = Site.in(folder);
    site.migrate();
    site.database().execute("CREATE SEQUENCE tries");
    site.database()
        .execute(TRIGGER.formatted("nextval('tries') > 0", "SELECT 1 INTO n FROM nowhere;"));
    site.queues().redrive(3);
    site.queues().send(Events.bodies(20));

    try (Run run = Run.on(site)) {
      // Each row is tried alone and returned; few are received until one can be loaded.
      run.await(Outcome.RETURNED, 20);
      assertThat(run.health().ready().problems().get("ROWS")).contains("SQLSTATE 42P01");
      assertThat(run.account().received()).isLessThanOrEqualTo(30);
      assertThat(site.database().number("SELECT last_value FROM tries")).isLessThan(150);
      // Once the table is corrected, all are loaded.
      site.database().execute("DROP TRIGGER look ON user_logins");
      run.await(Outcome.LOADED, 20);
      Awaitility.await().until(() -> run.health().ready().up());
    }

    assertThat(site.queues().deadLetters()).isZero();
    assertThat(site.queues().left()).isZero();
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(20);
  }

  @Test
  void anOddRowInEachBatchDoesNotStopReceivingAgainAndAgain() throws Exception {
    Site site = site("a missing row").with("CAMELEON_BATCH_ROWS", "50");
    site.with("CAMELEON_LOADERS", "1");
    List<String> bodies = Events.bodies(40 * 24);
    for (int chunk = 0; chunk < 40; chunk++) {
      site.queues().send(bodies.subList(chunk * 24, (chunk + 1) * 24));
      sendOdd(site);
    }

    try (Program program = Program.start(site.environment(), folder, "run")) {
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .until(() -> site.database().number("SELECT count(*) FROM user_logins") == 40 * 24);
      program.terminate();
      String log = program.result().err();
      assertThat(log)
          .contains("Some rows fail even when loaded alone, while other rows load")
          .contains("a query of a trigger or function found no row");
      // Once for the detection, and once for each batch that begins with an odd row; the slower the
      // machine, the more of the 40 odd rows come back in time to begin one.
      assertThat(log.split("Receiving pauses", -1)).hasSizeBetween(2, 15);
      assertThat(log.split("Some rows fail", -1)).hasSize(2);
    }
  }

  private Site site(String fault) throws Exception {
    Site site = Site.in(folder);
    site.migrate();
    TestDatabase database = site.database();
    switch (fault) {
      case "no partition" -> database.execute(PARTITIONS);
      case "a subquery with two rows" ->
          database.execute(
              TRIGGER.formatted(
                  "NEW.user_id = 'odd'", "n := (SELECT i FROM generate_series(1, 2) AS g(i));"));
      case "a missing row" ->
          database.execute(
              TRIGGER.formatted("NEW.user_id = 'odd'", "SELECT 1 INTO STRICT n WHERE false;"));
      case "row-level security" -> {
        database.execute(POLICY);
        LoginRole role = LoginRole.in(database, "cameleon_loader");
        role.environment().forEach(site::with);
        site.with("CAMELEON_MIGRATE", "false");
      }
      default -> {
        database.execute(VIEW);
        site.with("CAMELEON_TABLES", "public.all_logins(user_id)");
      }
    }
    return site;
  }

  /** Sends a message that is odd for each of the tables, by its user and its date. */
  private static void sendOdd(Site site) {
    site.queues()
        .send(
            Events.login(1).put("user_id", "odd").toString(),
            Map.of(
                "source-message-id",
                UUID.randomUUID().toString(),
                "sent-at",
                "2019-05-06T07:08:09Z"));
  }
}
