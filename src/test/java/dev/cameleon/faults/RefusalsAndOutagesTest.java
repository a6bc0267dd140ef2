package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.nio.file.Path;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A row that PostgreSQL refuses is at fault; an outage is not the row's fault. */
class RefusalsAndOutagesTest {
  @TempDir private Path folder;

  @Test
  void rowsThatTheDatabaseRefusesAreFoundOneByOneAndTheOthersAreLoaded() throws Exception {
    Site site = Site.in(folder);
    site.migrate();
    site.database()
        .execute(
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE 'not this one: %', NEW.user_id; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON user_logins FOR EACH ROW
              WHEN (NEW.user_id LIKE 'bad-%') EXECUTE FUNCTION refuse();
            ALTER TABLE user_logins ADD CHECK (locale <> 'XX')
            """);
    List<String> bodies = Events.bodies(200);
    bodies.set(3, Events.login(3).put("user_id", "bad-3").toString());
    bodies.set(90, Events.login(90).put("locale", "XX").toString());
    bodies.set(199, Events.login(199).put("user_id", "bad-199").toString());
    site.queues().send(bodies);

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 197).await(Outcome.DEAD_LETTERED, 3);
    }

    assertThat(site.messages()).as("queue + rows + dead letters").isEqualTo(bodies.size());
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(197);
    assertThat(site.queues().takeDeadLetters())
        .extracting(
            deadLetter -> TestQueues.attribute(deadLetter, "reason"),
            deadLetter -> TestQueues.attribute(deadLetter, "sql-state"))
        .containsExactlyInAnyOrder(
            tuple("DATA_REJECTED", "P0001"),
            tuple("DATA_REJECTED", "23514"),
            tuple("DATA_REJECTED", "P0001"));
  }

  @Test
  void anOutageKeepsEveryMessageAndLoadingResumesByItself() throws Exception {
    Site site = Site.in(folder);
    site.queues().send(Events.bodies(50));

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 50);
      site.database().execute("ALTER TABLE user_logins RENAME TO user_logins_away");
      site.queues().send(Events.bodies(30));
      Awaitility.await().until(() -> !run.health().ready().up());
      assertThat(run.health().ready().problems().get("DATABASE")).contains("42P01");
      site.database().execute("ALTER TABLE user_logins_away RENAME TO user_logins");
      run.await(Outcome.LOADED, 80);
      Awaitility.await().until(() -> run.health().ready().up());
    }

    assertThat(site.messages()).as("queue + rows + dead letters").isEqualTo(80);
    assertThat(site.queues().deadLetters()).isZero();
    assertThat(site.queues().left()).isZero();
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(80);
  }

  @Test
  void aRowThatIsRefusedAfterAnOutageIsADeadLetterOnceAndTheOthersAreLoadedOnce() throws Exception {
    Site site = Site.in(folder);
    site.migrate();

    try (Run run = Run.on(site)) {
      Awaitility.await().until(() -> run.health().ready().up());
      site.database().execute("ALTER TABLE user_logins RENAME TO user_logins_away");
      List<String> bodies = Events.bodies(9);
      bodies.add(4, Events.login(1).put("user_id", "a\u0000b").toString());
      site.queues().send(bodies);
      Awaitility.await().until(() -> !run.health().ready().up());
      site.database().execute("ALTER TABLE user_logins_away RENAME TO user_logins");
      run.await(Outcome.LOADED, 9).await(Outcome.DEAD_LETTERED, 1);
      Awaitility.await().until(() -> run.health().ready().up());
      assertThat(run.account().count(Outcome.DUPLICATE)).isZero();
      assertThat(run.account().count(Outcome.RETURNED)).isZero();
    }

    assertThat(site.messages()).as("queue + rows + dead letters").isEqualTo(10);
    assertThat(site.queues().takeDeadLetters()).hasSize(1);
    assertThat(site.queues().left()).isZero();
  }
}
