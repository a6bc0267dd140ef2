package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.app.DatabasePreflight;
import dev.cameleon.config.Settings;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.sqs.model.Message;

/** Rows that PostgreSQL refuses: found by splitting, dead-lettered alone, at a bounded cost. */
class BadRowsTest {
  private static final int BATCH = 500;

  /** Counts statements that insert into the table; a sequence survives the rollback. */
  private static final String COUNTER =
      """
      CREATE SEQUENCE statements;
      CREATE FUNCTION count_it() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM nextval('statements'); RETURN NULL; END $$;
      CREATE TRIGGER count_it BEFORE INSERT ON user_logins FOR EACH STATEMENT
        EXECUTE FUNCTION count_it();
      ALTER TABLE user_logins ADD CONSTRAINT no_bad_user CHECK (user_id NOT LIKE 'bad-%')
      """;

  @TempDir private Path folder;

  @Test
  void eachRowThatTheTableRefusesIsDeadLetteredWithItsSqlStateAndTheOthersAreLoaded()
      throws Exception {
    Site site = strictSite();
    Map<String, String> bad = badBodies();
    List<String> bodies = bodies(100);
    bad.keySet().forEach(body -> bodies.add(bodies.size() * 7 % 100, body));
    site.queues().send(bodies);

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 100).await(Outcome.DEAD_LETTERED, bad.size());
      assertThat(run.account().received()).isEqualTo(bodies.size());
    }

    assertThat(site.messages()).as("queue + rows + dead letters").isEqualTo(bodies.size() + 1);
    assertThat(site.database().number("SELECT count(*) FROM cameleon.ingested_message"))
        .isEqualTo(100);
    Map<String, String> found = new HashMap<>();
    for (Message deadLetter : site.queues().takeDeadLetters()) {
      assertThat(TestQueues.attribute(deadLetter, "reason")).isEqualTo("DATA_REJECTED");
      found.put(deadLetter.body(), TestQueues.attribute(deadLetter, "sql-state"));
    }
    assertThat(found).isEqualTo(bad);
    assertThat(site.queues().left()).isZero();
  }

  /** Bodies that satisfy the contract but not the table, with the resulting SQLSTATE. */
  private static Map<String, String> badBodies() {
    return Map.of(
        with("user_id", '"' + "x".repeat(129) + '"'), "22001",
        with("app_version", "\"2147483648.1\""), "22003",
        with("user_id", "\"a\\u0000\""), "22P05",
        with("locale", "\"XX\""), "23514",
        with("locale", "\"YY\""), "P0001",
        with("user_id", "\"taken\""), "23505",
        with("locale", "null"), "23502");
  }

  /** An event with this value, written as text: an escape must reach the parser as one. */
  private static String with(String field, String value) {
    return Events.login(1000)
        .put("locale", "RU")
        .put(field, "HERE")
        .toString()
        .replace("\"HERE\"", value);
  }

  /** A site whose table is stricter than its contract. */
  private Site strictSite() throws Exception {
    Site site = migrated();
    site.edit("login.schema.json", "\"minLength\": 1, \"maxLength\": 128}", "\"minLength\": 1}");
    site.edit("login.schema.json", "{1,9}(", "{1,19}(");
    site.database()
        .execute(
            """
            ALTER TABLE user_logins ADD CHECK (locale <> 'XX');
            ALTER TABLE user_logins ADD UNIQUE (user_id);
            ALTER TABLE user_logins ALTER COLUMN locale SET NOT NULL;
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE 'not this one'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON user_logins FOR EACH ROW
              WHEN (NEW.locale = 'YY') EXECUTE FUNCTION refuse();
            INSERT INTO user_logins (user_id, locale) VALUES ('taken', 'RU')
            """);
    return site;
  }

  @ParameterizedTest(name = "{0} bad rows of 500")
  @CsvSource({"1, 19", "5, 79", "500, 999"})
  void aBatchWithBadRowsCostsALogarithmOfStatementsForEach(int bad, int mostStatements)
      throws Exception {
    // One batch: the loader waits until it is full.
    Site site =
        migrated().with("CAMELEON_BATCH_WAIT", "3s").with("CAMELEON_DEAD_LETTER_BRAKE", "100");
    site.database().execute(COUNTER);
    List<String> bodies = bodies(BATCH);
    for (int i = 0; i < bad; i++) {
      int n = i * (BATCH / bad) + (bad < BATCH ? 7 : 0);
      bodies.set(n, Events.login(n).put("user_id", "bad-" + n).toString());
    }
    site.queues().send(bodies);

    try (Run run = Run.on(site)) {
      run.await(Outcome.DEAD_LETTERED, bad).await(Outcome.LOADED, BATCH - bad);
    }

    assertThat(site.messages()).as("queue + rows + dead letters").isEqualTo(BATCH);
    // The probe at the start and a probe every five seconds run the statement, too.
    assertThat(site.database().number("SELECT last_value FROM statements"))
        .isLessThanOrEqualTo(mostStatements + 10);
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(BATCH - bad);
    assertThat(site.queues().deadLetters()).isEqualTo(bad);
    assertThat(site.queues().left()).isZero();
  }

  @Test
  void aBadRowThatWasHeldDuringAnOutageDoesNotKeepReceivingPausedAfterwards() throws Exception {
    Site site = migrated().with("CAMELEON_DEAD_LETTER_BRAKE", "100");
    site.database().execute(COUNTER);

    try (Run run = Run.on(site)) {
      site.queues().send(bodies(10));
      run.await(Outcome.LOADED, 10);
      // Given: a batch of bad rows only, held while a table is missing.
      site.database().execute("ALTER TABLE cameleon.ingested_message RENAME TO away");
      site.queues()
          .send(
              IntStream.range(0, 10)
                  .mapToObj(n -> Events.login(n).put("user_id", "bad-" + n).toString())
                  .toList());
      Awaitility.await().until(() -> run.account().inFlight() == 10);
      Awaitility.await().until(() -> !run.health().ready().up());
      // When: the table is back.
      site.database().execute("ALTER TABLE cameleon.away RENAME TO ingested_message");
      run.await(Outcome.DEAD_LETTERED, 10);
      // Then: no row was loaded, but the database answers.
      Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> run.health().ready().up());
      site.queues().send(bodies(10));
      run.await(Outcome.LOADED, 20);
      assertThat(run.account().received()).isEqualTo(30);
    }
    assertThat(site.messages()).as("queue + rows + dead letters").isEqualTo(30);
    assertThat(site.queues().deadLetters()).isEqualTo(10);
  }

  private Site migrated() throws Exception {
    Site site = Site.in(folder);
    DatabasePreflight.migrate(Settings.read(site.environment()).database().owner());
    return site;
  }

  private static List<String> bodies(int count) {
    return new ArrayList<>(
        IntStream.range(0, count)
            .mapToObj(n -> Events.login(n).put("locale", "RU").toString())
            .toList());
  }
}
