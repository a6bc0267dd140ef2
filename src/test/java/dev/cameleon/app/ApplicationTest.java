package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.sqs.model.Message;

/** The shipped routes from queue to table, on a local SQS and a real PostgreSQL. */
class ApplicationTest {
  private static final String WRONG_TYPE = "{\"foo\": \"oops_wrong_msg_type\", \"bar\": \"123\"}";

  @TempDir private Path folder;

  @Test
  void ninetyNineGoodEventsAndOneOfAnotherKindGiveNinetyNineRowsAndOneDeadLetter()
      throws Exception {
    Site site = Site.in(folder);
    List<String> bodies = Events.bodies(99);
    bodies.add(WRONG_TYPE);
    List<String> ids = site.queues().send(bodies);

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 99).await(Outcome.DEAD_LETTERED, 1);
    }

    assertThat(site.messages()).as("queue + rows + dead letters").isEqualTo(ids.size());
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(99);
    assertThat(site.queues().left()).isZero();
    List<Message> deadLetters = site.queues().takeDeadLetters();
    assertThat(deadLetters).hasSize(1);
    Message deadLetter = deadLetters.get(0);
    assertThat(deadLetter.body()).isEqualTo(WRONG_TYPE);
    assertThat(TestQueues.attribute(deadLetter, "reason")).isEqualTo("CONTRACT");
    assertThat(TestQueues.attribute(deadLetter, "field")).isEqualTo("user_id");
    assertThat(TestQueues.attribute(deadLetter, "detail"))
        .isEqualTo("required, but missing: user_id, app_version, device_type, ip, device_id");
    assertThat(TestQueues.attribute(deadLetter, "source-message-id")).isEqualTo(ids.get(99));
    assertThat(TestQueues.attribute(deadLetter, "source-queue"))
        .isEqualTo(site.environment().get("CAMELEON_QUEUE"));
    assertThat(TestQueues.attribute(deadLetter, "sent-at")).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
    assertThat(TestQueues.attribute(deadLetter, "failed-at")).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
    assertThat(TestQueues.attribute(deadLetter, "receive-count")).isEqualTo("1");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          broken JSON       | {"user_id":                                | NOT_JSON |
          an array          | [1, 2]                                     | NOT_JSON |
          the literal null  | null                                       | NOT_JSON |
          a key twice       | {"a": 1, "a": 2}                           | NOT_JSON |
          trailing bytes    | {"a": 1} {}                                | NOT_JSON |
          a lone surrogate  | {"user_id": "\\ud800"}                     | NOT_JSON |
          too deep          | DEEP                                       | NOT_JSON |
          another kind      | {"foo": "oops_wrong_msg_type", "bar": "1"} | CONTRACT | user_id
          a wrong address   | WITH ip=999.1.1.1                          | CONTRACT | ip
          an empty user     | WITH user_id=                              | CONTRACT | user_id
          a wrong version   | WITH app_version=two                       | CONTRACT | app_version
          a character that PostgreSQL cannot store | WITH user_id=a\\u0000b | DATA_REJECTED |
          """)
  void aMalformedMessageBecomesADeadLetterAndTheGoodOnesBesideItAreLoaded(
      String kind, String body, String reason, String field) throws Exception {
    Site site = Site.in(folder);
    List<String> bodies = Events.bodies(12);
    bodies.add(7, malformed(body));
    site.queues().send(bodies);

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 12).await(Outcome.DEAD_LETTERED, 1);
      assertThat(run.scrape()).contains("cameleon_dead_letters_total{reason=\"" + reason + "\"} 1");
    }

    assertThat(site.messages()).as("queue + rows + dead letters").isEqualTo(bodies.size());
    List<Message> deadLetters = site.queues().takeDeadLetters();
    assertThat(deadLetters).hasSize(1);
    assertThat(deadLetters.get(0).body()).isEqualTo(malformed(body));
    assertThat(TestQueues.attribute(deadLetters.get(0), "reason")).isEqualTo(reason);
    assertThat(TestQueues.attribute(deadLetters.get(0), "field"))
        .isEqualTo(field == null ? "" : field);
    assertThat(site.queues().left()).isZero();
  }

  private static String malformed(String body) {
    if (body.equals("DEEP")) {
      return "[".repeat(5000) + "]".repeat(5000);
    }
    if (body.startsWith("WITH ")) {
      String[] field = body.substring("WITH ".length()).split("=", -1);
      // Written as text: a value such as \\u0000 must reach the parser escaped.
      return Events.login(1).put(field[0], "HERE").toString().replace("HERE", field[1]);
    }
    return body;
  }

  @Test
  void aReplayedMessageIsLoadedOnceUnderItsFirstIdAndDate() throws Exception {
    Site site = Site.in(folder);
    Map<String, String> replay =
        Map.of(
            "source-message-id",
            "6a1c2f1e-0000-4000-8000-000000000001",
            "sent-at",
            "2026-01-31T23:59:59Z");
    site.queues().send(Events.body(1), replay);
    site.queues().send(Events.body(1), replay);

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1).await(Outcome.DUPLICATE, 1);
    }

    assertThat(site.database().query("SELECT create_date FROM user_logins"))
        .containsExactly(List.of("2026-01-31"));
    assertThat(site.queues().left()).isZero();
  }

  @Test
  void equalValuesHaveEqualTokensAcrossRuns() throws Exception {
    Site site = Site.in(folder);
    site.queues().send(List.of(Events.login(1).put("ip", "192.0.2.7").toString()));
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1);
    }
    site.queues().send(List.of(Events.login(1).put("ip", "::ffff:192.0.2.7").toString()));
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1);
    }

    assertThat(site.database().query("SELECT logins FROM cameleon.duplicate_ips"))
        .containsExactly(List.of("2"));
    assertThat(site.database().query("SELECT logins FROM cameleon.duplicate_devices"))
        .containsExactly(List.of("2"));
  }

  @Test
  void aNewFieldIsAnEditOfContractAndSqlOnly() throws Exception {
    Site site = Site.in(folder);
    site.migrate();
    site.database().execute("ALTER TABLE user_logins ADD COLUMN masked_email varchar(256)");
    site.edit(
        "login.schema.json",
        "\"locale\":",
        "\"email\": {\"type\": [\"string\", \"null\"], \"x-pii\": \"email\"}, \"locale\":");
    site.edit("load.sql", "app_version, create_date)", "app_version, create_date, masked_email)");
    site.edit(
        "load.sql",
        "(sent_at AT TIME ZONE 'UTC')::date ",
        "(sent_at AT TIME ZONE 'UTC')::date, email ");
    site.queues()
        .send(
            List.of(
                Events.login(1).put("email", "ada@example.org").toString(),
                Events.login(2).put("email", "ada@example.org").toString(),
                Events.login(3).toString()));

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 3);
    }

    List<List<String>> tokens =
        site.database()
            .query("SELECT masked_email FROM user_logins WHERE masked_email IS NOT NULL");
    assertThat(tokens).hasSize(2);
    assertThat(tokens.get(0)).isEqualTo(tokens.get(1));
    assertThat(tokens.get(0).get(0)).matches("email_[0-9a-f]{8}_[A-Za-z0-9_-]{22}");
  }

  @Test
  void fieldsOutsideTheContractAreDroppedAndCountedWithoutTheirNames() throws Exception {
    Site site = Site.in(folder);
    site.queues().send(List.of(Events.login(1).put("john.doe", "x").put("b", 1).toString()));

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1);
      assertThat(run.scrape()).contains("cameleon_unknown_fields_total 2");
      assertThat(run.scrape()).doesNotContain("john.doe");
    }
  }

  @Test
  void theMetricsOfOneScrapeAddUpAndHaveTheNamesOfTheDesign() throws Exception {
    Site site = Site.in(folder);
    List<String> bodies = Events.bodies(20);
    bodies.add(WRONG_TYPE);
    site.queues().send(bodies);

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 20).await(Outcome.DEAD_LETTERED, 1);
      assertThat(run.scrape().lines())
          .contains(
              "cameleon_received_total 21.0",
              "cameleon_messages_total{outcome=\"loaded\"} 20.0",
              "cameleon_messages_total{outcome=\"duplicate\"} 0.0",
              "cameleon_messages_total{outcome=\"dead_lettered\"} 1.0",
              "cameleon_messages_total{outcome=\"returned\"} 0.0",
              "cameleon_in_flight_messages 0.0",
              "cameleon_oldest_message_age_seconds 0.0")
          .anyMatch(line -> line.startsWith("cameleon_batch_rows_sum 20"))
          .anyMatch(line -> line.startsWith("cameleon_load_duration_seconds_count"));
    }
  }
}
