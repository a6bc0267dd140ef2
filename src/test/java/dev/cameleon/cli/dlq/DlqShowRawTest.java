package dev.cameleon.cli.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.contract.Violation;
import dev.cameleon.crypto.Recipient;
import dev.cameleon.support.Commands;
import dev.cameleon.support.DeadLetterBox;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Site;
import dev.cameleon.vault.Vault;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** {@code dlq show --raw} as a process: nothing is shown before it is on record. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DlqShowRawTest {
  private static final String BODY = "{\"ip\": \"203.0.113.77\",\n \"user_id\": \"Zoë \u009b31m\"";

  private Site site;
  private DeadLetterBox box;
  private LoginRole revealer;
  private String id;
  private String sealedId;
  private Path anna;
  private Path eve;

  @BeforeAll
  void send(@TempDir Path folder) throws Exception {
    site = Site.in(folder);
    site.migrate();
    box = DeadLetterBox.of(site.queues());
    anna = Recipients.add(folder, "anna");
    eve = Recipients.add(folder.resolve("elsewhere"), "eve");
    Map<String, String> attributes =
        DeadLetterBox.attributes(Violation.NOT_JSON, "", Instant.parse("2026-11-20T12:00:00Z"));
    id = box.send(BODY, attributes);
    Map<String, String> sealed = new HashMap<>(attributes);
    sealed.put("body", "sealed");
    Vault vault = new Vault(Recipient.read(folder.resolve("recipients")));
    sealedId = box.send(vault.seal(BODY, "{\n  \"ip\": \"•\"\n}").text(), sealed);
  }

  @BeforeEach
  void logInAsARevealer() {
    revealer = LoginRole.in(site.database(), "cameleon_revealer");
  }

  @AfterEach
  void bothAreVisibleAgain() {
    assertThat(box.visible()).isEqualTo(2);
    assertThat(box.hidden()).isZero();
  }

  @Test
  void theOriginalIsShownToTheByteAndTheReasonIsOnRecord() throws Exception {
    Program.Result result = show(revealer, id, "--ticket", "T-17", "--purpose", "a court order");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).isEqualTo(BODY);
    assertThat(result.err()).doesNotContain("203.0.113").doesNotContain("Zo");
    assertThat(audit(revealer))
        .containsExactly(List.of("show-raw", "-", "a court order", "T-17", "dead letter " + id));
    String head = result.err().replaceAll("(?s).*audit head: ([0-9a-f]{64}); keep.*", "$1");
    Program.Result verified =
        Commands.run(revealer.environment(), site.folder(), "audit", "verify", "--head", head);
    assertThat(verified.exitCode()).as(verified.out() + verified.err()).isZero();
  }

  @Test
  void anOfficerMayToo() throws Exception {
    LoginRole officer = LoginRole.in(site.database(), "cameleon_officer");

    Program.Result result = show(officer, id, "--purpose", "correct it", "--json");

    assertThat(result.exitCode()).as(result.err()).isZero();
    JsonNode json = JsonMapper.builder().build().readTree(result.out());
    assertThat(json.get("body").asText()).isEqualTo(BODY);
    assertThat(json.get("redacted").asBoolean()).isFalse();
    assertThat(json.get("audit_head").asText()).matches("[0-9a-f]{64}");
    assertThat(result.out()).matches("\\p{ASCII}*");
    assertThat(audit(officer)).hasSize(1);
  }

  @Test
  void aLoginWithoutTheRoleIsToldWhichRoleItNeedsAndSeesNothing() throws Exception {
    LoginRole reader = LoginRole.in(site.database(), "cameleon_reader");

    Program.Result result = show(reader, id, "--purpose", "curious");

    assertNothingShown(result, 1);
    assertThat(result.err())
        .contains("this needs a member of cameleon_revealer or cameleon_officer")
        .contains("GRANT cameleon_revealer TO \"" + reader.name() + "\"");
  }

  @Test
  void aBodyIsNotShownIfTheRequestCannotBeRecorded() throws Exception {
    site.database()
        .execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                + " $$ BEGIN RAISE EXCEPTION 'no'; END $$;"
                + "CREATE TRIGGER refuse BEFORE INSERT ON cameleon.audit FOR EACH ROW"
                + " WHEN (new.act = 'show-raw') EXECUTE FUNCTION refuse()");
    try {
      Program.Result text = show(revealer, id, "--purpose", "x");
      Program.Result json = show(revealer, id, "--purpose", "x", "--json");

      assertNothingShown(text, 1);
      assertNothingShown(json, 1);
      assertThat(text.err()).contains("P0001");
    } finally {
      site.database().execute("DROP FUNCTION refuse() CASCADE");
    }
    assertThat(audit(revealer)).isEmpty();
  }

  @Test
  void anUnreachableDatabaseIsNoticedBeforeTheQueueIsRead() throws Exception {
    Map<String, String> environment = new HashMap<>(site.environment());
    environment.put("CAMELEON_DB_URL", "jdbc:postgresql://localhost:9/postgres");

    Program.Result result =
        Commands.run(environment, site.folder(), "dlq", "show", id, "--raw", "--purpose", "x");

    assertNothingShown(result, 1);
    assertThat(result.err())
        .contains("the command failed at the database")
        .doesNotContain("reading");
  }

  @Test
  void thePreviewOfASealedDeadLetterIsShown() throws Exception {
    Program.Result result =
        Commands.run(site.environment(), site.folder(), "dlq", "show", sealedId);

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).endsWith("\n\n{\n  \"ip\": \"*\"\n}\n");
  }

  @Test
  void aSealedDeadLetterIsOpenedWithARecipientsKeyOnly() throws Exception {
    Program.Result without = show(revealer, sealedId, "--purpose", "x");
    Program.Result wrong =
        show(revealer, sealedId, "--purpose", "x", "--private-key", eve.toString());
    Program.Result right =
        show(revealer, sealedId, "--purpose", "x", "--private-key", anna.toString());

    assertNothingShown(without, 2);
    assertThat(without.err()).contains("the body is sealed").contains("--private-key FILE");
    assertNothingShown(wrong, 1);
    assertThat(wrong.err()).contains("not sealed to this private key");
    assertThat(right.exitCode()).as(right.err()).isZero();
    assertThat(right.out()).isEqualTo(BODY);
    assertThat(audit(revealer)).as("each attempt that had a key").hasSize(2);
  }

  private static void assertNothingShown(Program.Result result, int exitCode) {
    assertThat(result.exitCode()).as(result.err()).isEqualTo(exitCode);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).doesNotContain("203.0.113").doesNotContain("Zo");
  }

  private Program.Result show(LoginRole who, String deadLetter, String... arguments)
      throws Exception {
    List<String> all = new ArrayList<>(List.of("dlq", "show", deadLetter, "--raw"));
    all.addAll(List.of(arguments));
    Map<String, String> environment = new HashMap<>(site.environment());
    environment.putAll(who.environment());
    return Commands.run(environment, site.folder(), all.toArray(new String[0]));
  }

  private List<List<String>> audit(LoginRole who) {
    return site.database()
        .query(
            "SELECT act, coalesce(token, '-'), purpose, ticket, detail FROM cameleon.acts"
                + " WHERE actor = '"
                + who.name()
                + "' ORDER BY seq");
  }
}
