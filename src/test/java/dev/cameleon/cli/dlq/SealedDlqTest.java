package dev.cameleon.cli.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.support.Commands;
import dev.cameleon.support.Events;
import dev.cameleon.support.LocalKms;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The dlq commands with dead letters that a run sealed: their output, and how to open the dead
 * letters.
 */
class SealedDlqTest {
  private static final String WORD = "zanzibar";
  private static final String BODY =
      Events.login(1).put("user_id", WORD).put("device_type", "refused").toString();

  @TempDir private Path folder;

  private Site site;
  private String anna;
  private String eve;

  @BeforeEach
  void leaveASealedDeadLetter() throws Exception {
    anna = Recipients.add(folder, "anna").toString();
    eve = Recipients.add(folder.resolve("else"), "eve").toString();
    site =
        Site.in(folder)
            .with("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString())
            .with("CAMELEON_DEAD_LETTER_BODY", "sealed");
    site.migrate();
    site.database().execute("ALTER TABLE user_logins ADD CHECK (device_type <> 'refused')");
    site.queues().send(List.of(BODY));
    assertThat(run("--until-empty").exitCode()).isZero();
    assertThat(site.queues().deadLetters()).isOne();
  }

  @Test
  void itIsListedAndShownWithoutAKeyAndWithoutItsContent() throws Exception {
    Program.Result list = run("dlq", "list", "--each", "--json");
    String id = JsonMapper.builder().build().readTree(list.out()).findValue("id").asText();
    Program.Result show = run("dlq", "show", id);
    Program.Result raw = run("dlq", "show", id, "--raw", "--purpose", "test");
    Program.Result wrong =
        run("dlq", "show", id, "--raw", "--purpose", "test", "--private-key", eve);
    Program.Result right =
        run("dlq", "show", id, "--raw", "--purpose", "test", "--private-key", anna);

    assertThat(list.exitCode() + show.exitCode()).isZero();
    assertThat(show.out()).contains("DATA_REJECTED", "\"user_id\": \"");
    assertThat(raw.exitCode()).isEqualTo(2);
    assertThat(raw.err()).contains("--private-key");
    assertThat(wrong.exitCode()).isEqualTo(1);
    assertThat(wrong.err()).contains("is not sealed to this private key");
    for (Program.Result each : List.of(list, show, raw, wrong)) {
      assertThat(each.out() + each.err()).doesNotContain(WORD);
    }
    assertThat(right.exitCode()).as(right.err()).isZero();
    assertThat(right.out()).contains(WORD);
    assertThat(right.err()).doesNotContain(WORD);
    assertThat(site.queues().deadLetters()).isOne();
  }

  @Test
  void itIsReplayedOnlyWithARecipientsKey() throws Exception {
    site.database()
        .execute("ALTER TABLE user_logins DROP CONSTRAINT user_logins_device_type_check");

    Program.Result without = run("dlq", "replay", "--all", "--yes");
    Program.Result wrong = run("dlq", "replay", "--all", "--yes", "--private-key", eve);
    assertThat(site.queues().left()).isZero();
    assertThat(site.queues().deadLetters()).isOne();
    Program.Result denied;
    Program.Result right;
    try (LocalKms kms = LocalKms.start()) {
      String arn = kms.with(Path.of(anna));
      kms.environment().forEach(site::with);
      kms.deny();
      denied = run("dlq", "replay", "--all", "--yes", "--kms-key", arn);
    }
    try (LocalKms kms = LocalKms.start()) {
      String arn = kms.with(Path.of(anna));
      kms.environment().forEach(site::with);
      right = run("dlq", "replay", "--all", "--yes", "--kms-key", arn);
    }

    assertThat(List.of(without.exitCode(), wrong.exitCode())).containsExactly(1, 1);
    assertThat(denied.exitCode()).isEqualTo(1);
    assertThat(denied.err()).contains("kms:Decrypt");
    assertThat(without.out() + without.err()).contains("sealed", "--private-key");
    assertThat(right.exitCode()).as(right.out() + right.err()).isZero();
    for (Program.Result each : List.of(without, wrong, denied, right)) {
      assertThat(each.out() + each.err()).doesNotContain(WORD);
    }
    assertThat(site.queues().deadLetters()).isZero();
    assertThat(run("--until-empty").exitCode()).isZero();
    assertThat(site.database().query("SELECT user_id FROM user_logins"))
        .containsExactly(List.of(WORD));
  }

  @Test
  void itIsExportedAsItsPreviewOrWithARecipientsKeyAsItWas() throws Exception {
    Program.Result preview = run("dlq", "export", "preview.jsonl", "--raw", "--purpose", "test");
    Program.Result raw =
        run("dlq", "export", "raw.jsonl", "--raw", "--purpose", "test", "--private-key", anna);

    assertThat(preview.exitCode() + raw.exitCode()).as(preview.err() + raw.err()).isZero();
    assertThat(preview.err()).contains("1 are sealed");
    assertThat(Files.readString(folder.resolve("preview.jsonl")))
        .contains("\"redacted\":true")
        .doesNotContain(WORD);
    JsonNode line = JsonMapper.builder().build().readTree(folder.resolve("raw.jsonl").toFile());
    assertThat(line.get("body").asText()).isEqualTo(BODY);
    assertThat(line.get("redacted").asBoolean()).isFalse();
  }

  private Program.Result run(String... arguments) throws Exception {
    return Commands.run(site.environment(), folder, arguments);
  }
}
