package dev.cameleon.cli.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.contract.Violation;
import dev.cameleon.crypto.Recipient;
import dev.cameleon.support.DeadLetterBox;
import dev.cameleon.support.Events;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.vault.Vault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code dlq export} as a process: the content of the file, and the audit. */
class DlqExportTest extends DlqFixture {
  @Test
  void theFileHoldsShapesAndIsItsOwnersOnly() throws Exception {
    fill();
    Path file = folder().resolve("dead-letters.jsonl");

    Program.Result exported = dlq("export", file.toString());

    assertThat(exported.exitCode()).as(exported.err()).isZero();
    assertThat(exported.out())
        .isEqualTo("exported 4 dead letters to dead-letters.jsonl (redacted)\n");
    assertThat(notes(exported)).isEmpty();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(Files.readString(file)).doesNotContain(PLANTED).contains("•••••••.•");
    for (JsonNode line : lines(file)) {
      assertThat(line.get("redacted").asBoolean()).isTrue();
      assertThat(line.get("source_queue").asText()).isEqualTo(sourceQueue());
      assertThat(line.get("source_message_id").asText()).hasSize(36);
      assertThat(Instant.parse(line.get("sent_at").asText())).isNotNull();
    }
    assertThat(lines(file))
        .extracting(line -> line.get("reason").asText())
        .containsExactlyInAnyOrder("CONTRACT", "CONTRACT", "NOT_JSON", "DATA_REJECTED");
    assertVisible(4);
  }

  @Test
  void originalsAreWrittenOnceTheReasonIsOnRecord() throws Exception {
    fill();
    LoginRole revealer = LoginRole.in(site().database(), "cameleon_revealer");
    site().environment().putAll(revealer.environment());
    Path file = folder().resolve("dead-letters.jsonl");

    Program.Result exported =
        dlq("export", "" + file, "--field=ip", "--raw", "--purpose=correct", "--ticket=T-1");

    assertThat(exported.exitCode()).as(exported.err()).isZero();
    assertThat(exported.out()).isEqualTo("exported 2 dead letters to dead-letters.jsonl\n");
    assertThat(notes(exported))
        .singleElement()
        .asString()
        .matches(
            "audit head: [0-9a-f]{64}; keep it outside the database, for audit verify" + " --head");
    assertThat(lines(file))
        .extracting(line -> line.get("body").asText())
        .containsExactlyInAnyOrder(
            Events.login(1).put("ip", PLANTED + ".1").toString(),
            Events.login(2).put("ip", PLANTED + ".2").toString());
    assertThat(
            site()
                .database()
                .query(
                    "SELECT actor, act, purpose, ticket, detail FROM cameleon.audit"
                        + " WHERE act <> 'add-key'"))
        .containsExactly(
            List.of(
                revealer.name(),
                "export-raw",
                "correct",
                "T-1",
                "dead letters of " + sourceQueue() + "-dlq, any reason, field ip"));
    assertVisible(4);
  }

  @Test
  void aLoginThatMayNotWriteTheAuditGetsNothing() throws Exception {
    site().migrate();
    box().send(PLANTED, attributes());
    site().environment().putAll(LoginRole.in(site().database(), "cameleon_loader").environment());

    Program.Result refused = dlq("export", "dead-letters.jsonl", "--raw", "--purpose=correct");

    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err()).contains("this needs a member of cameleon_revealer");
    assertNoFiles();
    assertVisible(1);
  }

  @Test
  void wrongUsageIsRefusedAndNothingIsOverwritten() throws Exception {
    box().send(PLANTED, attributes());
    Path there = Files.writeString(folder().resolve("there.jsonl"), "mine");
    Files.writeString(folder().resolve("killed.jsonl.part"), "half");

    for (String[] arguments :
        List.of(
            new String[] {"export"},
            new String[] {"export", "new.jsonl", "--raw"},
            new String[] {"export", "new.jsonl", "--purpose=x"},
            new String[] {"export", "new.jsonl", "--raw", "--purpose= "},
            new String[] {"export", "there.jsonl"},
            new String[] {"export", "killed.jsonl"},
            new String[] {"export", "no-folder/new.jsonl"})) {
      Program.Result refused = dlq(arguments);

      assertThat(refused.exitCode()).as(refused.err()).isEqualTo(2);
      assertThat(refused.out()).isEmpty();
    }
    assertThat(there).hasContent("mine");
    assertThat(folder().resolve("new.jsonl")).doesNotExist();
    assertVisible(1);
  }

  @Test
  void aSealedDeadLetterIsItsPreviewUntilAKeyOpensIt() throws Exception {
    Path key = Recipients.add(folder(), "anna");
    Vault vault = new Vault(Recipient.read(folder().resolve("recipients")));
    Map<String, String> sealed = attributes();
    sealed.put("body", "sealed");
    box()
        .send(
            vault.seal("{\"ip\": \"" + PLANTED + "\"}", "{\n  \"ip\": \"•••\"\n}").text(), sealed);

    Program.Result without = dlq("export", "without.jsonl", "--json");
    Program.Result with = dlq("export", "with.jsonl", "--private-key=" + key);

    assertThat(JsonMapper.builder().build().readTree(without.out()).get("sealed").asInt())
        .isEqualTo(1);
    assertThat(without.err()).contains("note: 1 are sealed, and were written as redacted previews");
    assertThat(lines(folder().resolve("without.jsonl")).get(0).get("body").asText())
        .isEqualTo("{\n  \"ip\": \"•••\"\n}");
    assertThat(with.exitCode()).as(with.err()).isZero();
    assertThat(lines(folder().resolve("with.jsonl")).get(0).get("body").asText())
        .contains("\"ip\": \"••••••••\"");
  }

  @Test
  void aLimitIsKeptAndControlCharactersAreEscaped() throws Exception {
    Map<String, String> attributes =
        DeadLetterBox.attributes(Violation.CONTRACT, "ip", Instant.now());
    attributes.put("detail", "é\u202e\u009b");
    for (int n = 0; n < 5; n++) {
      box().send(Events.body(n), attributes);
    }

    Program.Result exported = dlq("export", "dead-letters.jsonl", "--limit=3", "--since=1h");

    assertThat(exported.out()).startsWith("exported 3 dead letters to dead-letters.jsonl");
    assertThat(Files.readString(folder().resolve("dead-letters.jsonl")))
        .hasLineCount(3)
        .contains("é\\u202e\\u009b");
    assertVisible(5);
  }

  private void assertNoFiles() {
    assertThat(folder()).isDirectoryNotContaining(file -> file.toString().contains("deadLetters"));
  }

  private static List<JsonNode> lines(Path file) throws Exception {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      lines.add(JsonMapper.builder().build().readTree(line));
    }
    return lines;
  }
}
