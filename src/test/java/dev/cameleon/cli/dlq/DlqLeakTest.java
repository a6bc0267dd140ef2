package dev.cameleon.cli.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.support.Program;
import java.nio.file.Files;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The commands that change the queue, over bodies with personal values in every position: none of
 * them is shown, or written to a file that is called redacted.
 */
class DlqLeakTest extends DlqFixture {
  @BeforeEach
  void plant() {
    DlqOutputLeakTest.bodies().forEach(body -> box().send(body, attributes("ip")));
    box().send("{", attributes(DlqOutputLeakTest.WORD));
    Map<String, String> sealed = attributes("ip");
    sealed.put("body", "sealed");
    box().send(DlqOutputLeakTest.strangersSealedBody(), sealed);
  }

  private Map<String, String> attributes(String field) {
    Map<String, String> attributes = attributes();
    attributes.put("field", field);
    return attributes;
  }

  @Test
  void aDryRunShowsNothing() throws Exception {
    Program.Result text = dlq("replay", "--all", "--dry-run");
    Program.Result json = dlq("replay", "--all", "--dry-run", "--json");

    assertThat(text.exitCode()).as(text.err()).isZero();
    assertThat(text.out())
        .startsWith("would pass now: 1 of " + (DlqOutputLeakTest.bodies().size() + 1))
        .contains("NOT_JSON", "CONTRACT (unknown)", "1 sealed");
    assertThat(json.exitCode()).isZero();
    assertThat(json.out()).contains("\"field_before\":null,\"field_before_unknown\":true");
    nothingPlantedIn(text.out() + text.err() + json.out() + json.err());
  }

  @Test
  void anExportWritesNothing() throws Exception {
    Program.Result exported = dlq("export", "dead-letters.jsonl");

    assertThat(exported.exitCode()).as(exported.err()).isZero();
    String file = Files.readString(folder().resolve("dead-letters.jsonl"));
    assertThat(file)
        .hasLineCount(DlqOutputLeakTest.bodies().size() + 2)
        .contains("\"field\":null,\"field_unknown\":true", "\"body\":\"(no preview)\"");
    nothingPlantedIn(exported.out() + exported.err() + file);
  }

  @Test
  void anImportRefusesLinesWithoutShowingThem() throws Exception {
    StringBuilder file = new StringBuilder();
    for (String body : DlqOutputLeakTest.bodies()) {
      ObjectNode line =
          JsonMapper.builder()
              .build()
              .createObjectNode()
              .put("source_message_id", UUID.randomUUID().toString())
              .put("sent_at", Instant.now().toString())
              .put("redacted", false)
              .put("body", body);
      file.append(line).append('\n');
      file.append(line.put("sent_at", DlqOutputLeakTest.PLANTED.get(0))).append('\n');
      file.append(line.put("source_message_id", DlqOutputLeakTest.PLANTED.get(0))).append('\n');
      file.append(body).append('\n');
    }
    Files.writeString(folder().resolve("corrected.jsonl"), file);

    Program.Result refused = dlq("import", "corrected.jsonl");

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err())
        .contains("would become a dead letter again")
        .contains("nothing was sent");
    nothingPlantedIn(refused.out() + refused.err());
  }

  private static void nothingPlantedIn(String written) {
    String text = written.toLowerCase(Locale.ROOT);
    for (String value : DlqOutputLeakTest.PLANTED) {
      assertThat(text.contains(value)).as("shows %s", value).isFalse();
    }
  }
}
