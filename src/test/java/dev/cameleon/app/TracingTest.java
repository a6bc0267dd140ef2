package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.support.Events;
import dev.cameleon.support.PrintedSpans;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The spans of messages and commits. */
class TracingTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String SENDER = "b7ad6b7169203331";
  private static final String PLANTED = "zanzibar";

  @TempDir private Path folder;

  @Test
  void aMessagesSpanIsInItsSendersTraceAndLinkedWithItsCommit() throws Exception {
    Site site = Site.in(folder);
    site.migrate();
    String traced = sent(site, Events.body(1), "00-" + TRACE + "-" + SENDER + "-01");
    String rejected = sent(site, PLANTED, "00-" + TRACE + "-" + SENDER + "-01");
    String notSampled = sent(site, Events.body(2), "00-" + TRACE + "-" + SENDER + "-00");
    String malformed = sent(site, Events.body(3), PLANTED);
    String without = site.queues().send(List.of(Events.body(4))).get(0);

    String printed = runUntilEmpty(site, PrintedSpans.OPTIONS).out();

    List<ObjectNode> spans = PrintedSpans.in(printed);
    JsonNode message = ofMessage(spans, traced);
    assertThat(message.path("trace").asText()).isEqualTo(TRACE);
    assertThat(message.path("parent").asText()).isEqualTo(SENDER);
    assertThat(message.path("kind").asText()).isEqualTo("CONSUMER");
    assertThat(outcome(message)).isEqualTo("loaded");
    JsonNode commit = linked(spans, message);
    assertThat(commit.path("name").asText()).startsWith("load ");
    assertThat(commit.path("links").findValuesAsText("span"))
        .contains(message.path("span").asText());
    assertThat(commit.path("attributes").path("cameleon.new_messages").asInt()).isPositive();

    JsonNode deadLettered = ofMessage(spans, rejected);
    assertThat(deadLettered.path("trace").asText()).isEqualTo(TRACE);
    assertThat(outcome(deadLettered)).isEqualTo("dead_lettered");
    assertThat(deadLettered.path("status").asText()).contains("ERROR");
    assertThat(deadLettered.path("links")).isEmpty();

    for (String id : List.of(malformed, without)) {
      JsonNode own = ofMessage(spans, id);
      assertThat(own.path("trace").asText()).isNotEqualTo(TRACE);
      assertThat(own.path("parent").asText()).isEqualTo("0".repeat(16));
      linked(spans, own);
    }
    assertThat(printed).doesNotContain(notSampled, PLANTED);
  }

  @Test
  void settingsWithoutAnAgentAreReportedAndMessagesAreStillLoaded() throws Exception {
    Site site = Site.in(folder).with("OTEL_SERVICE_NAME", "cameleon");
    site.migrate();
    site.queues().send(List.of(Events.body(1)));

    Program.Result result = runUntilEmpty(site, "-Xmx256m -XX:TieredStopAtLevel=1");

    assertThat(result.err()).contains("No traces").contains("-javaagent:FILE");
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(1);
  }

  private static String sent(Site site, String body, String traceparent) {
    return site.queues()
        .send(
            body,
            Map.of(
                "traceparent",
                traceparent,
                "tracestate",
                "a=" + PLANTED,
                "baggage",
                "b=" + PLANTED));
  }

  private Program.Result runUntilEmpty(Site site, String options) throws Exception {
    try (Program run =
        Program.startWithHeap(options, site.environment(), folder, "run", "--until-empty")) {
      Program.Result result = run.result();
      assertThat(result.exitCode()).as(result.err()).isZero();
      return result;
    }
  }

  private static JsonNode ofMessage(List<ObjectNode> spans, String id) {
    List<ObjectNode> found =
        spans.stream()
            .filter(
                span -> span.path("attributes").path("messaging.message.id").asText().equals(id))
            .toList();
    assertThat(found).hasSize(1);
    return found.get(0);
  }

  /** The commit that a message's span is linked to. */
  private static JsonNode linked(List<ObjectNode> spans, JsonNode message) {
    assertThat(message.path("links")).hasSize(1);
    String id = message.path("links").path(0).path("span").asText();
    return spans.stream()
        .filter(span -> span.path("span").asText().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private static String outcome(JsonNode span) {
    return span.path("attributes").path("cameleon.outcome").asText();
  }
}
