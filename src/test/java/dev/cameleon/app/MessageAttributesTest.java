package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.sqs.SenderAttributes;
import dev.cameleon.support.Commands;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Run;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/** Message attributes on the way to the dead-letter queue and back. */
class MessageAttributesTest {
  private static final String PLANTED = "zanzibar";
  private static final String RULE = "\"maximum\": 9";
  private static final String CONTRACT =
      """
      {"required": ["n", "tenant"],
       "properties": {
         "n": {"type": "integer", "maximum": 9},
         "who": {"type": "string", "x-pii": "email"},
         "tenant": {"type": "string", "x-attribute": "tenant"}}}""";

  @TempDir private Path folder;
  private Site site;

  @BeforeEach
  void makePipeline() throws Exception {
    // Messages that SQS gives to a receive cut by a stop stay hidden for this long.
    site = Site.in(folder, 5).with("CAMELEON_TABLES", "public.events()");
    site.migrate();
    site.database().execute("CREATE TABLE public.events (n bigint, tenant text)");
    Files.writeString(folder.resolve("routes/login.schema.json"), CONTRACT);
    Files.writeString(
        folder.resolve("routes/load.sql"),
        "INSERT INTO public.events (n, tenant) SELECT n, tenant FROM event");
  }

  private static MessageAttributeValue text(String type, String value) {
    return MessageAttributeValue.builder().dataType(type).stringValue(value).build();
  }

  /** As many as SQS allows, of each type, including two with Cameleon's own names. */
  private static Map<String, MessageAttributeValue> ten() {
    Map<String, MessageAttributeValue> ten = new TreeMap<>();
    ten.put("tenant", text("String", PLANTED));
    ten.put("reason", text("String.mine", PLANTED + " \"ä\n"));
    ten.put("source-message-id", text("String", "no id"));
    ten.put("count", text("Number.int", "42"));
    ten.put(
        "blob",
        MessageAttributeValue.builder()
            .dataType("Binary.png")
            .binaryValue(SdkBytes.fromByteArray(new byte[] {0, -1, 7}))
            .build());
    for (int n = 0; ten.size() < 10; n++) {
      ten.put("other." + n, text("String", PLANTED + n));
    }
    return ten;
  }

  private void leaveADeadLetter(Map<String, MessageAttributeValue> attributes) throws Exception {
    site.queues().sendTyped("{\"n\": 10}", attributes);
    try (Run run = Run.on(site)) {
      run.await(Outcome.DEAD_LETTERED, 1);
    }
    site.edit("login.schema.json", RULE, "\"maximum\": 99");
  }

  private Program.Result dlq(String... arguments) throws Exception {
    return Commands.run(site.environment(), folder, arguments);
  }

  private Message received(String url) {
    return Shared.sqs()
        .client()
        .receiveMessage(
            request ->
                request
                    .queueUrl(url)
                    .messageAttributeNames("All")
                    .visibilityTimeout(0)
                    .waitTimeSeconds(20))
        .messages()
        .get(0);
  }

  @Test
  void allTenComeBackWithTheReplayAndCameleonsKeepTheirNames() throws Exception {
    leaveADeadLetter(ten());

    Message deadLetter = received(site.queues().deadLetterUrl());
    assertThat(deadLetter.messageAttributes())
        .containsOnlyKeys(
            "reason",
            "field",
            "detail",
            "source-message-id",
            "source-queue",
            "sent-at",
            "failed-at",
            "receive-count",
            "sender-attributes");
    assertThat(TestQueues.attribute(deadLetter, "reason")).isEqualTo("CONTRACT");
    assertThat(dlq("dlq", "replay", "--field", "n", "--dry-run").out())
        .contains("would pass now: 1 of 1");
    assertThat(dlq("dlq", "replay", "--field", "n").out()).contains("replayed 1, left 0");

    assertThat(SenderAttributes.of(received(site.queues().sourceUrl())).values()).isEqualTo(ten());
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1);
    }
    assertThat(site.database().query("SELECT n, tenant FROM public.events"))
        .containsExactly(List.of("10", PLANTED));
  }

  @Test
  void fewAttributesComeBackUnchangedAndOnlyThoseOfTheContractReachTheRoute() throws Exception {
    site.edit(
        "ingest.camel.yaml",
        "        - to: direct:load",
        "        - filter: {simple: \"${header.CamelAwsSqsMessageAttributes.containsKey('other')}"
            + " == false\", steps: [{to: 'direct:load'}]}");
    leaveADeadLetter(
        Map.of("tenant", text("String", "north"), "other", text("String.mine", PLANTED)));
    assertThat(dlq("dlq", "replay", "--all", "--yes").out()).contains("replayed 1, left 0");

    assertThat(received(site.queues().sourceUrl()).messageAttributes())
        .containsOnlyKeys("source-message-id", "sent-at", "tenant", "other")
        .containsEntry("other", text("String.mine", PLANTED));
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1);
    }
  }

  @Test
  void aDeadLetterThatIsMovedBackByHandLoadsWithItsAttributes() throws Exception {
    leaveADeadLetter(ten());
    Message deadLetter = received(site.queues().deadLetterUrl());

    site.queues().sendTyped(deadLetter.body(), deadLetter.messageAttributes());
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1);
    }
    assertThat(site.database().query("SELECT n, tenant FROM public.events"))
        .containsExactly(List.of("10", PLANTED));
  }

  @Test
  void valuesAreShownAsShapesAndCorrectedInAFile() throws Exception {
    leaveADeadLetter(ten());
    String id =
        dlq("dlq", "list", "--each", "--json")
            .out()
            .replaceAll("(?s).*?\"id\" ?: ?\"([^\"]+)\".*", "$1");

    Program.Result show = dlq("dlq", "show", id);
    Program.Result json = dlq("dlq", "show", id, "--json");
    Program.Result redacted = dlq("dlq", "export", "redacted.jsonl");
    assertThat(show.out())
        .contains("message attributes of the sender:", "\"tenant\": \"********\"");
    assertThat(show.out() + json.out() + Files.readString(folder.resolve("redacted.jsonl")))
        .doesNotContain(PLANTED, "other.0", "png");
    assertThat(redacted.exitCode()).isZero();
    assertThat(dlq("dlq", "show", id, "--json", "--raw", "--purpose", "test").out())
        .contains("\"tenant\"", PLANTED, "\"Binary.png\"");

    assertThat(dlq("dlq", "export", "all.jsonl", "--raw", "--purpose", "test").exitCode()).isZero();
    Path file = folder.resolve("all.jsonl");
    String line = Files.readString(file);
    Files.writeString(file, line.replaceFirst("\"tenant\"", "\"tenant two\""));
    assertThat(dlq("dlq", "import", "all.jsonl").err())
        .contains("line 1 has wrong \"attributes\": they must hold, by name");
    Files.writeString(file, line.replaceFirst("\"tenant\"", "\"tenants\""));
    assertThat(dlq("dlq", "import", "all.jsonl").err())
        .contains("line 1 would become a dead letter again: CONTRACT");
    Files.writeString(file, line.replaceFirst("\"" + PLANTED + "\"", "\"south\""));
    assertThat(dlq("dlq", "import", "all.jsonl").out()).contains("deleted 1 dead letters");
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1);
    }
    assertThat(site.database().query("SELECT tenant FROM public.events"))
        .containsExactly(List.of("south"));
  }

  @Test
  void attributesAreSealedWithTheBody() throws Exception {
    String anna = Recipients.add(folder, "anna").toString();
    site.with("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString())
        .with("CAMELEON_DEAD_LETTER_BODY", "sealed");
    leaveADeadLetter(ten());

    Message deadLetter = received(site.queues().deadLetterUrl());
    assertThat(deadLetter.messageAttributes().toString() + deadLetter.body())
        .doesNotContain(PLANTED, "tenant", "png");
    assertThat(dlq("dlq", "show", TestQueues.attribute(deadLetter, "source-message-id")).out())
        .contains("message attributes of the sender:\n(sealed)");
    assertThat(dlq("dlq", "replay", "--field", "n").out()).contains("left 1");
    assertThat(dlq("dlq", "replay", "--field", "n", "--private-key", anna).out())
        .contains("replayed 1, left 0");
    assertThat(SenderAttributes.of(received(site.queues().sourceUrl())).values()).isEqualTo(ten());
  }

  @Test
  void aMessageThatSqsMovesKeepsItsAttributesInAReplay() throws Exception {
    Shared.sqs()
        .client()
        .sendMessage(
            request ->
                request
                    .queueUrl(site.queues().deadLetterUrl())
                    .messageBody("{\"n\": 1}")
                    .messageAttributes(ten()));
    String id = received(site.queues().deadLetterUrl()).messageId();

    assertThat(dlq("dlq", "replay", id).out()).contains("replayed 1, left 0");
    assertThat(SenderAttributes.of(received(site.queues().sourceUrl())).values()).isEqualTo(ten());
  }
}
