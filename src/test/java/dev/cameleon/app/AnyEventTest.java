package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.model.Message;

/** Events other than logins, with their own contract and table. */
class AnyEventTest {
  private static final String RECORDS =
      """
      {"x-event": "/Records/*",
       "x-ignore": {"required": ["Event"], "properties": {"Event": {"const": "s3:TestEvent"}}},
       "required": ["n"],
       "properties": {"n": {"type": "integer"}, "who": {"type": "string", "x-pii": "email"}}}""";

  @TempDir private Path folder;
  private Site site;

  @BeforeEach
  void start() throws Exception {
    site = Site.in(folder).with("CAMELEON_TABLES", "public.events()");
    site.migrate();
    site.database().execute("CREATE TABLE public.events (n bigint, who text, more jsonb)");
  }

  private void pipeline(String contract, String columns) throws Exception {
    Files.writeString(folder.resolve("routes/login.schema.json"), contract);
    Files.writeString(
        folder.resolve("routes/load.sql"),
        "INSERT INTO public.events (n, who, more) SELECT " + columns + " FROM event");
  }

  private List<List<String>> rows() {
    return site.database().query("SELECT n, who, more FROM public.events ORDER BY n");
  }

  @Test
  void personalValuesAreMaskedAtAnyDepth() throws Exception {
    pipeline(
        """
        {"properties": {
          "orderId": {"type": "integer"},
          "customer": {"type": "object", "properties": {
            "email": {"type": "string", "x-pii": "email"},
            "phones": {"type": "array", "items": {"type": "string", "x-pii": "phone", "x-country": "DE"}}}}}}
        """,
        "\"orderId\", customer ->> 'email', customer");
    site.queues()
        .send(
            List.of(
                "{\"orderId\": 1, \"customer\": {\"email\": \"Ada@Example.org\", \"phones\": [\"030 123456\"],"
                    + " \"born\": \"1815\"}}",
                "{\"orderId\": 2, \"customer\": {\"email\": \"ada@example.org\", \"phones\": [\"+49 30 123456\"]}}"));

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 2);
    }

    List<List<String>> rows = rows();
    assertThat(rows.get(0).get(1)).matches("email_[0-9a-f]{8}_.{22}").isEqualTo(rows.get(1).get(1));
    assertThat(rows.get(0).get(2)).contains("phone_").isEqualTo(rows.get(1).get(2));
    assertThat(rows.toString()).doesNotContainIgnoringCase("ada").doesNotContain("1815", "123456");
  }

  @Test
  void anEnvelopeOfSnsIsOpenedAndItsAttributesAreRead() throws Exception {
    pipeline(
        """
        {"x-event": "/Message", "properties": {
          "n": {"type": "integer"}, "who": {"type": "string", "x-pii": "email"},
          "tenant": {"type": "string", "x-attribute": "tenant"}}}
        """,
        "n, who, to_jsonb(tenant)");
    site.queues()
        .send(
            List.of(
                "{\"Type\": \"Notification\", \"TopicArn\": \"arn\", \"Message\": \"{\\\"n\\\": 1, \\\"who\\\": \\\"a@b.example\\\"}\","
                    + " \"MessageAttributes\": {\"tenant\": {\"Type\": \"String\", \"Value\": \"north\"}}}"));
    site.queues().send("{\"Message\": \"{\\\"n\\\": 2}\"}", Map.of("tenant", "south"));

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 2);
    }

    assertThat(rows()).extracting(row -> row.get(2)).containsExactly("\"north\"", "\"south\"");
    assertThat(rows().get(0).get(1)).startsWith("email_");
  }

  @Test
  void eachRecordOfAMessageIsARowAndATestEventIsIgnored() throws Exception {
    pipeline(RECORDS, "n, who, to_jsonb(event_number)");
    site.queues()
        .send(List.of(records(3), "{\"Service\": \"Amazon S3\", \"Event\": \"s3:TestEvent\"}"));

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1).await(Outcome.IGNORED, 1);
      assertThat(run.account().addsUp()).isTrue();
      assertThat(run.account().toString())
          .contains("received 2 = loaded 1 + duplicate 0 + ignored 1 + dead-lettered 0");
      assertThat(run.scrape())
          .contains("cameleon_messages_total{outcome=\"ignored\"} 1.0")
          .contains("cameleon_batch_rows_sum 3");
    }

    assertThat(rows()).extracting(row -> row.get(2)).containsExactly("1", "2", "3");
    assertThat(site.queues().left()).isZero();
    assertThat(site.queues().deadLetters()).isZero();
  }

  @Test
  void aMessageOfTenThousandEventsIsLoadedWhole() throws Exception {
    pipeline(RECORDS, "n, who, NULL::jsonb");
    site.queues().send(List.of(records(10_000), records(2)));

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 2);
    }

    assertThat(site.database().number("SELECT count(*) FROM public.events")).isEqualTo(10_002);
    assertThat(site.database().number("SELECT count(*) FROM cameleon.ingested_message"))
        .isEqualTo(2);
  }

  @Test
  void aMessageWithABadEventBecomesOneDeadLetterThatNamesItAndNoRow() throws Exception {
    pipeline(RECORDS, "n, who, NULL::jsonb");
    site.database().execute("ALTER TABLE public.events ADD CHECK (n <> 13)");
    String broken = "{\"Records\": [{\"n\": 100}, {\"n\": \"x\"}, {\"n\": 101}]}";
    String refused = "{\"Records\": [{\"n\": 102}, {\"n\": 13}]}";
    site.queues().send(List.of(records(3), broken, refused));

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1).await(Outcome.DEAD_LETTERED, 2);
    }

    assertThat(rows()).extracting(row -> row.get(0)).containsExactly("0", "1", "2");
    Map<String, Message> deadLetters =
        site.queues().takeDeadLetters().stream()
            .collect(Collectors.toMap(message -> TestQueues.attribute(message, "reason"), m -> m));
    assertThat(deadLetters.get("CONTRACT").body()).isEqualTo(broken);
    assertThat(TestQueues.attribute(deadLetters.get("CONTRACT"), "detail"))
        .isEqualTo("event 2 of 3: breaks the contract's type \"integer\"");
    assertThat(TestQueues.attribute(deadLetters.get("CONTRACT"), "field")).isEqualTo("n");
    assertThat(deadLetters.get("DATA_REJECTED").body()).isEqualTo(refused);
  }

  private static String records(int count) {
    return IntStream.range(0, count)
        .mapToObj(n -> "{\"n\": " + n + "}")
        .collect(Collectors.joining(",", "{\"Records\": [", "]}"));
  }
}
