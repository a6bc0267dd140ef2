package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.model.Message;

/** {@code ON CONFLICT … DO UPDATE}, when several events have the same key. */
class UpsertTest {
  private static final String CONTRACT =
      """
      {"x-event": "/Records/*", "required": ["id", "at"], "properties": {
        "id": {"type": "integer"},
        "at": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "address": {"type": "object", "properties": {
          "city": {"type": "string"}, "mail": {"type": "string", "x-pii": "email"}}}}}
      """;

  private static final String EACH =
      """
      INSERT INTO public.customers AS c (id, seen, day, address, n)
      SELECT id, at, day, address, 1 FROM event
      """;

  private static final String UPDATE =
      """
      ON CONFLICT (id) DO UPDATE SET n = c.n + excluded.n, address = c.address || excluded.address,
        seen = greatest(c.seen, excluded.seen), day = excluded.day
      """;

  @TempDir private Path folder;
  private Site site;

  @BeforeEach
  void start() throws Exception {
    site = Site.in(folder).with("CAMELEON_TABLES", "public.customers()");
    site.migrate();
    site.database()
        .execute(
            "CREATE TABLE public.customers (id bigint PRIMARY KEY, seen timestamptz, day date, address jsonb, n integer)");
    Files.writeString(folder.resolve("routes/login.schema.json"), CONTRACT);
  }

  private void load(String sql) throws Exception {
    Files.writeString(folder.resolve("routes/load.sql"), sql);
  }

  @Test
  void aJsonbColumnAndTimesOfTheEventsOwnAreUpdated() throws Exception {
    load(
        "INSERT INTO public.customers AS c (id, seen, day, address, n) SELECT DISTINCT ON (id) id, at, day, address, 1"
            + " FROM event ORDER BY id, at DESC "
            + UPDATE);

    try (Run run = Run.on(site)) {
      site.queues()
          .send(
              "{\"Records\": [{\"id\": 1, \"at\": \"2026-02-28T23:30:00-02:00\", \"day\": \"2024-02-29\","
                  + " \"address\": {\"city\": \"Köln\", \"mail\": \"Ada@Example.org\"}}]}",
              Map.of());
      run.await(Outcome.LOADED, 1);
      String token = token();
      site.queues()
          .send(
              List.of(
                  message(
                      event(1, 2).replace("}", ", \"address\": {\"city\": \"Bonn\"}}"),
                      event(1, 1))));
      run.await(Outcome.LOADED, 2);

      assertThat(
              site.database().query("SELECT id, n, day, address ->> 'city' FROM public.customers"))
          .as("the latest of the second message's two events")
          .containsExactly(Arrays.asList("1", "2", null, "Bonn"));
      assertThat(token()).as("not in the update").isEqualTo(token).startsWith("email_");
      assertThat(
              site.database()
                  .query(
                      "SELECT seen = '2026-03-01 01:30:00+00' AND pg_typeof(day) = 'date'::regtype FROM public.customers"))
          .containsExactly(List.of("t"));
    }
  }

  private String token() {
    return site.database().query("SELECT address ->> 'mail' FROM public.customers").get(0).get(0);
  }

  @Test
  void twoMessagesOfOneBatchWithOneKeyAreLoadedAndTwoEventsOfOneMessageAreADeadLetter()
      throws Exception {
    load(EACH + UPDATE);
    site.with("CAMELEON_BATCH_WAIT", "1s").with("CAMELEON_LOADERS", "1");
    List<String> bodies =
        new ArrayList<>(IntStream.range(0, 50).mapToObj(i -> message(event(i % 5, i))).toList());
    bodies.add(25, message(event(7, 1), event(7, 2)));
    site.queues().send(bodies);

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 50).await(Outcome.DEAD_LETTERED, 1);
      assertThat(run.account().received()).as("none came back").isEqualTo(51);
    }

    assertThat(site.database().query("SELECT id, n FROM public.customers ORDER BY id"))
        .containsExactlyElementsOf(
            IntStream.range(0, 5).mapToObj(id -> List.of("" + id, "10")).toList());
    Message deadLetter = site.queues().takeDeadLetters().get(0);
    assertThat(TestQueues.attribute(deadLetter, "reason")).isEqualTo("DATA_REJECTED");
    assertThat(TestQueues.attribute(deadLetter, "sql-state")).isEqualTo("21000");
    assertThat(TestQueues.attribute(deadLetter, "detail"))
        .contains("SELECT DISTINCT ON (key) ... ORDER BY key, sent_at DESC");
  }

  private static String event(int id, int minute) {
    return "{\"id\": %d, \"at\": \"2026-01-01T00:%02d:00Z\"}".formatted(id, minute % 60);
  }

  private static String message(String... events) {
    return "{\"Records\": [" + String.join(",", events) + "]}";
  }
}
