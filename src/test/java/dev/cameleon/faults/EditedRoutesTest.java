package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Mistakes of an operator in a route or a table: no message is lost or dead-lettered because of
 * them.
 */
class EditedRoutesTest {
  private static final String WRONG_TYPE = "{\"foo\": 1}";
  private static final String THROW =
      "- throwException: {exceptionType: java.lang.IllegalStateException, message: planted}";
  private static final String BREAK_JSON =
      "- setBody: {constant: \"x\"}\n" + "        - unmarshal: {json: {library: Jackson}}";

  @TempDir private Path folder;

  @Test
  void aStepThatThrowsSlowsReceivingAndDeadLettersNothing() throws Exception {
    Site site = Site.in(folder);
    site.edit(
        "prepare.camel.yaml",
        "- bean:\n            ref: masker",
        THROW + "\n        - bean:\n            ref: masker");
    site.queues().send(Events.bodies(10));

    try (Run run = Run.on(site)) {
      run.await(Outcome.RETURNED, 10);
      assertThat(run.health().ready().problems()).containsKey("ROUTE_FAILURES");
      // They reappear after 5 s, and then at most one batch per 10 s is received.
      Awaitility.await()
          .during(java.time.Duration.ofSeconds(8))
          .atMost(java.time.Duration.ofSeconds(9))
          .until(() -> run.account().received() <= 30);
    }

    assertThat(site.messages()).as("queue + rows + dead letters").isEqualTo(10);
    assertThat(site.queues().deadLetters()).isZero();
    assertThat(site.queues().left()).isEqualTo(10);
  }

  @Test
  void aStepThatReplacesTheBodyBeforeMaskDeadLettersNothing() throws Exception {
    Site site = Site.in(folder);
    site.edit(
        "prepare.camel.yaml",
        "- bean:\n            ref: masker",
        "- setBody: {constant: \"x\"}\n        - bean:\n            ref: masker");
    site.queues().send(Events.bodies(3));

    try (Run run = Run.on(site)) {
      run.await(Outcome.RETURNED, 3);
    }

    assertThat(site.queues().deadLetters()).isZero();
  }

  @Test
  void aStepAfterTheCommitThatThrowsDeadLettersNothing() throws Exception {
    Site site = Site.in(folder);
    site.edit(
        "load.camel.yaml",
        "${variable.counts})",
        "${variable.counts})\n              "
            + BREAK_JSON.replace("\n        ", "\n              "));
    site.queues().send(Events.bodies(10));

    try (Run run = Run.on(site)) {
      Awaitility.await()
          .until(() -> site.database().number("SELECT count(*) FROM user_logins") == 10);
      Awaitility.await().until(() -> run.account().inFlight() == 0);
      assertThat(run.account().count(Outcome.DEAD_LETTERED)).isZero();
    }

    assertThat(site.messages()).as("queue + rows + dead letters").isEqualTo(10);
    assertThat(site.queues().deadLetters()).isZero();
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(10);
  }

  @ParameterizedTest
  @ValueSource(strings = {"before loaded", "after loaded", "at the end"})
  void aStepAfterTheCommitThatFailsInTheDatabaseHoldsNothing(String place) throws Exception {
    Site site = Site.in(folder);
    site.migrate();
    site.database().execute("ALTER TABLE user_logins ADD CHECK (user_id <> 'bad')");
    failInTheDatabase(site, place);
    List<String> bodies = Events.bodies(9);
    bodies.add(4, Events.login(1).put("user_id", "bad").toString());
    site.queues().send(bodies);

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 9).await(Outcome.DEAD_LETTERED, 1);
      Awaitility.await().until(() -> run.health().ready().problems().containsKey("ROUTE_FAILURES"));
      Awaitility.await().until(() -> run.account().inFlight() == 0);
      assertThat(run.health().ready().problems()).doesNotContainKey("DATABASE");
      assertThat(run.account().received()).isEqualTo(10);
      assertThat(run.account().count(Outcome.RETURNED)).isZero();
    }

    assertThat(site.queues().left()).isZero();
    assertThat(site.queues().deadLetters()).isEqualTo(1);
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(9);
  }

  /** Adds a step that throws SQLException to the route that loads a batch. */
  private static void failInTheDatabase(Site site, String place) {
    String step =
        "- setBody: {constant: \"SELECT 1 FROM nowhere\"}\n$- to: jdbc:database\n$"
            .replace("$", " ".repeat(place.equals("at the end") ? 8 : 14));
    String loaded = "- bean:\n                  ref: commitHandler";
    String count = "${variable.counts})";
    String end = "- to: direct:failed-batch";
    switch (place) {
      case "before loaded" -> site.edit("load.camel.yaml", loaded, step + loaded);
      case "after loaded" ->
          site.edit("load.camel.yaml", count, count + "\n" + " ".repeat(14) + step.strip());
      default -> site.edit("load.camel.yaml", end, end + "\n" + " ".repeat(8) + step.strip());
    }
  }

  @Test
  void aStepThatReplacesTheBodyBeforeSendLosesNoDeadLetter() throws Exception {
    Site site = Site.in(folder);
    site.edit(
        "dead-letter.camel.yaml",
        "              - bean:\n                  ref: deadLetterSender",
        "              - setBody: {constant: \"notified\"}\n"
            + "              - bean:\n                  ref: deadLetterSender");
    site.queues().send(List.of(WRONG_TYPE, WRONG_TYPE));

    try (Run run = Run.on(site)) {
      run.await(Outcome.DEAD_LETTERED, 2);
    }

    assertThat(site.queues().deadLetters()).isEqualTo(2);
    assertThat(site.queues().left()).isZero();
  }

  @Test
  void aBodyThatIsNotADeadLetterReturnsInsteadOfGettingStuck() throws Exception {
    Site site = Site.in(folder);
    site.edit("ingest.camel.yaml", "- to: direct:load", "- to: direct:dead-letter");
    site.queues().send(Events.bodies(3));

    try (Run run = Run.on(site)) {
      run.await(Outcome.RETURNED, 3);
    }

    assertThat(site.queues().left()).isEqualTo(3);
  }

  @Test
  void anExhaustedSequenceIsAnOutageAndNotTheRowsFault() throws Exception {
    Site site = Site.in(folder);
    site.migrate();
    site.database()
        .execute(
            "CREATE SEQUENCE few MAXVALUE 2; ALTER TABLE user_logins ADD COLUMN n bigint DEFAULT"
                + " nextval('few')");
    site.queues().send(Events.bodies(5));

    try (Run run = Run.on(site)) {
      Awaitility.await().until(() -> run.health().ready().json().contains("2200H"));
      site.database().execute("ALTER SEQUENCE few MAXVALUE 1000");
      run.await(Outcome.LOADED, 5);
    }

    assertThat(site.queues().deadLetters()).isZero();
  }

  @Test
  void aMissingPartitionIsAnOutageAndNotTheRowsFault() throws Exception {
    Site site = Site.in(folder);
    site.migrate();
    site.database()
        .execute(
            "DROP VIEW cameleon.logins, cameleon.duplicate_ips, cameleon.duplicate_devices;"
                + " ALTER TABLE user_logins RENAME TO old_logins;"
                + " CREATE TABLE user_logins (LIKE old_logins) PARTITION BY RANGE (create_date);"
                + " CREATE TABLE p0 PARTITION OF user_logins"
                + " FOR VALUES FROM ('2019-01-01') TO ('2020-01-01')");
    site.queues().send(Events.bodies(5));

    try (Run run = Run.on(site)) {
      Awaitility.await().until(() -> run.health().ready().json().contains("23514"));
      site.database().execute("CREATE TABLE p PARTITION OF user_logins DEFAULT");
      run.await(Outcome.LOADED, 5);
    }

    assertThat(site.queues().deadLetters()).isZero();
  }

  @Test
  void aStepThatDropsMessagesLosesNone() throws Exception {
    Site site = Site.in(folder);
    site.edit("ingest.camel.yaml", "- to: direct:load", "- stop: {}\n        - to: direct:load");
    site.queues().send(Events.bodies(3));

    try (Run run = Run.on(site)) {
      run.await(Outcome.RETURNED, 3);
    }

    assertThat(site.queues().left()).isEqualTo(3);
  }

  @Test
  void aStepThatRemovesHeadersAndFailsLosesNoMessage() throws Exception {
    Site site = Site.in(folder);
    site.edit(
        "prepare.camel.yaml",
        "- unmarshal:",
        "- removeHeaders: {pattern: \"*\"}\n        - unmarshal:");
    List<String> bodies = Events.bodies(3);
    bodies.add(WRONG_TYPE);
    site.queues().send(bodies);

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 3).await(Outcome.DEAD_LETTERED, 1);
    }

    assertThat(site.queues().left()).isZero();
  }
}
