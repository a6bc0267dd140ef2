package dev.cameleon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.settle.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * From the queue to a recovered value: loaded by a member of cameleon_loader, revealed by a member
 * of cameleon_revealer, each command a process.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RevealTest {
  private static final String ADDRESS = "203.0.113.77";
  private static final String ERASED = "ip_00000000_AAAAAAAAAAAAAAAAAAAAAA";

  private Path folder;
  private Site site;
  private Path anna;
  private Path ben;
  private String token;
  private LoginRole revealer;

  @BeforeAll
  void loadAsTheLoader(@TempDir Path temporary) throws Exception {
    folder = temporary;
    site = Site.in(folder);
    anna = Recipients.add(folder, "anna");
    ben = Recipients.add(folder, "ben");
    site.migrate();
    site.environment().putAll(LoginRole.in(site.database(), "cameleon_loader").environment());
    site.with("CAMELEON_MIGRATE", "false")
        .with("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString());
    List<String> bodies = new ArrayList<>(Events.bodies(20));
    bodies.add(
        Events.login(100).put("ip", ADDRESS).put("device_id", "a\tb\u001b[2J\u202eé").toString());
    bodies.add("{\"foo\": \"oops_wrong_msg_type\", \"bar\": \"123\"}");
    site.queues().send(bodies);
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 21).await(Outcome.DEAD_LETTERED, 1);
    }
    token = token("masked_ip");
  }

  @BeforeEach
  void logInAsARevealer() {
    revealer = LoginRole.in(site.database(), "cameleon_revealer");
  }

  @Test
  void eitherOfTwoRecipientsAloneRevealsAValue() throws Exception {
    Program.Result annas = reveal(anna, token);
    Program.Result bens = reveal(ben, token);

    for (Program.Result result : List.of(annas, bens)) {
      assertThat(result.exitCode()).as(result.err()).isZero();
      assertThat(result.out()).isEqualTo(token + "\t" + ADDRESS + "\n");
      assertThat(result.err())
          .matches("audit head: [0-9a-f]{64}; keep it elsewhere, for: audit verify --head\\R")
          .doesNotContain(ADDRESS);
    }
  }

  @Test
  void anotherKeyRevealsNothingAndBothAttemptsAreOnRecord() throws Exception {
    Path eve = Recipients.add(folder.resolve("elsewhere"), "eve");

    Program.Result refused = reveal(eve, token);
    Program.Result revealed = reveal(anna, token);

    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err()).contains(token + ": not sealed to this key").doesNotContain(ADDRESS);
    assertThat(revealed.exitCode()).isZero();
    List<List<String>> audit = audit();
    assertThat(audit)
        .extracting(row -> row.get(1))
        .containsExactly("reveal", "reveal-outcome", "reveal", "reveal-outcome");
    assertThat(audit.get(0).subList(2, 6)).containsExactly(token, "a court order", "T-17", null);
    assertThat(audit.get(1).get(5))
        .isEqualTo("request " + audit.get(0).get(0) + ": not a recipient");
    assertThat(audit.get(3).get(5)).isEqualTo("request " + audit.get(2).get(0) + ": revealed");
    assertThat(verify(head(revealed)).exitCode()).isZero();
    assertThat(audit.toString()).doesNotContain(ADDRESS);
  }

  @Test
  void oneTokenThatCannotBeRevealedDoesNotHoldUpTheOthers() throws Exception {
    String unknown = token.substring(0, token.length() - 22) + "A".repeat(22);
    String foreign = "ip_deadbeef_" + "A".repeat(22);

    Program.Result result = reveal(anna, unknown, ERASED, foreign, token);

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).isEqualTo(token + "\t" + ADDRESS + "\n");
    assertThat(result.err())
        .contains(unknown + ": no entry: loaded without a vault, or forgotten")
        .contains(ERASED + ": erased")
        .contains(foreign + ": no entry: the mask key deadbeef is none of this database");
    assertThat(audit())
        .hasSize(8)
        .extracting(row -> row.get(5))
        .filteredOn(detail -> detail != null)
        .extracting(detail -> detail.replaceAll(".*: ", ""))
        .containsExactly("no entry", "erased", "no entry", "revealed");
  }

  @Test
  void aValueWhoseOutcomeCannotBeRecordedIsNotShownAndItsRequestStaysOnRecord() throws Exception {
    site.database()
        .execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                + " $$ BEGIN RAISE EXCEPTION 'no'; END $$;"
                + "CREATE TRIGGER refuse BEFORE INSERT ON cameleon.audit FOR EACH ROW"
                + " WHEN (new.act = 'reveal-outcome') EXECUTE FUNCTION refuse()");
    Program.Result text;
    Program.Result json;
    try {
      text = reveal(anna, token);
      json = reveal(anna, "--json", token);
    } finally {
      site.database().execute("DROP FUNCTION refuse() CASCADE");
    }

    for (Program.Result result : List.of(text, json)) {
      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.out() + result.err()).doesNotContain(ADDRESS).contains("P0001");
    }
    assertThat(text.out()).isEmpty();
    assertThat(json.out()).contains("\"tokens\":[]");
    assertThat(audit()).extracting(row -> row.get(1)).containsExactly("reveal", "reveal");
  }

  @Test
  void aTokenOfARetiredKeyHintsAtTheNewerOne() throws Exception {
    site.database()
        .execute(
            "INSERT INTO cameleon.mask_check (key_id, check_value, follows, retired_at)"
                + " SELECT 'feedf00d', 'x', key_id, now() FROM cameleon.mask_check");

    Program.Result result = reveal(anna, "ip_feedf00d_" + "A".repeat(22));

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("its mask key feedf00d is retired");
  }

  @Test
  void aForgottenTokenSaysWhenAndOnWhichTicket() throws Exception {
    String forgotten = token.substring(0, token.length() - 22) + "B".repeat(22);
    site.database()
        .query("SELECT cameleon.record_act('forget', '" + forgotten + "', NULL, 'T-9', NULL)");

    Program.Result result = reveal(anna, forgotten);

    assertThat(result.err()).containsPattern("erased on \\d{4}-\\d\\d-\\d\\d \\(ticket T-9\\)");
    assertThat(audit().get(1).get(5)).endsWith(": erased");
  }

  @Test
  void aValueThatIsPassedOffAsAnotherTokensIsSaidToBeDamaged() throws Exception {
    String swapped = token.substring(0, token.length() - 22) + "C".repeat(22);
    site.database()
        .execute(
            "INSERT INTO cameleon.vault SELECT '"
                + swapped
                + "', gen_random_uuid(), epoch, sealed FROM cameleon.vault WHERE token = '"
                + token
                + "'");

    Program.Result result = reveal(anna, swapped);

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains(swapped + ": damaged");
    assertThat(audit().get(1).get(5)).endsWith(": damaged");
  }

  @Test
  void whatCouldActOnATerminalIsEscapedAndRawInJson() throws Exception {
    String device = token("maked_device_id");

    Program.Result text = reveal(anna, device);
    Program.Result json =
        Program.runWithInput(
            device + "\n\n" + token + "\n" + device + "\n",
            revealer.environment(),
            folder,
            "reveal",
            "--private-key=" + anna,
            "--purpose=a court order",
            "--json");

    assertThat(text.out())
        .startsWith(device + "\ta\\tb\\u001b[2J\\u202e")
        .doesNotContain("?")
        .hasLineCount(1);
    assertThat(json.exitCode()).as(json.err()).isZero();
    assertThat(json.err()).isEmpty();
    JsonNode report = JsonMapper.builder().build().readTree(json.out());
    assertThat(report.get("tokens")).hasSize(2);
    assertThat(report.get("tokens").get(0).get("value").asText()).isEqualTo("a\tb\u001b[2J\u202eé");
    assertThat(report.get("tokens").get(1).get("value").asText()).isEqualTo(ADDRESS);
    assertThat(report.get("audit_head").asText()).matches("[0-9a-f]{64}");
  }

  @Test
  void whatIsNoTokenIsNotShownAndNothingIsAskedFor() throws Exception {
    Program.Result argument = reveal(anna, token, ADDRESS);
    Program.Result line =
        Program.runWithInput(
            token + "\n" + ADDRESS + "\n",
            revealer.environment(),
            folder,
            "reveal",
            "--private-key=" + anna,
            "--purpose=a court order");

    for (Program.Result result : List.of(argument, line)) {
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.out()).isEmpty();
      assertThat(result.err()).contains("2 is no token").doesNotContain(ADDRESS);
    }
    assertThat(audit()).isEmpty();
  }

  @Test
  void aReasonThatSaysNothingOrAKeyThatCannotBeReadIsRefusedBeforeAnythingIsAskedFor()
      throws Exception {
    Path open = Files.copy(anna, folder.resolve("open.key"));
    Files.setPosixFilePermissions(
        open, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));

    assertThat(refusal("--private-key=" + anna, "--purpose= ", token)).contains("--purpose");
    assertThat(refusal("--private-key=" + anna, "--purpose=x", "--ticket= ", token))
        .contains("--ticket");
    assertThat(refusal("--private-key=none.key", "--purpose=x", token)).contains("no private key");
    assertThat(refusal("--private-key=" + open, "--purpose=x", token)).contains("chmod 600");
    assertThat(refusal("--private-key=" + anna, "--purpose=x")).contains("tokens");
    assertThat(audit()).isEmpty();
  }

  @Test
  void whoeverMayNotRevealIsToldWhichRoleItTakes() throws Exception {
    LoginRole officer = LoginRole.in(site.database(), "cameleon_officer");
    LoginRole reader = LoginRole.in(site.database(), "cameleon_reader");

    for (LoginRole who : List.of(officer, reader)) {
      Program.Result result =
          Program.run(
              who.environment(), folder, "reveal", "--private-key=" + anna, "--purpose=x", token);

      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.out()).isEmpty();
      assertThat(result.err())
          .contains("lacks a privilege")
          .contains("GRANT cameleon_revealer TO \"" + who.name() + "\"");
    }
    assertThat(audit(officer))
        .extracting(row -> row.get(1))
        .containsExactly("reveal", "reveal-outcome");
    assertThat(audit(officer).get(1).get(5)).endsWith(": failed, SQLSTATE 42501");
  }

  private String refusal(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("reveal"));
    all.addAll(List.of(arguments));
    Program.Result result = Program.run(revealer.environment(), folder, all.toArray(new String[0]));
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    return result.err();
  }

  private Program.Result reveal(Path key, String... tokens) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "reveal",
                "--private-key",
                key.toString(),
                "--purpose",
                "a court order",
                "--ticket",
                "T-17"));
    arguments.addAll(List.of(tokens));
    return Program.run(revealer.environment(), folder, arguments.toArray(new String[0]));
  }

  private Program.Result verify(String head) throws Exception {
    return Program.run(revealer.environment(), folder, "audit", "verify", "--head", head);
  }

  private static String head(Program.Result revealed) {
    return revealed.err().replaceAll("(?s).*audit head: ([0-9a-f]{64}).*", "$1");
  }

  /** The token in this column of the one row that came with the address. */
  private String token(String column) {
    return site.database()
        .query("SELECT " + column + " FROM user_logins WHERE user_id = 'user-100'")
        .get(0)
        .get(0);
  }

  private List<List<String>> audit() {
    return audit(revealer);
  }

  /** What one login did: seq, act, token, purpose, ticket, detail. */
  private List<List<String>> audit(LoginRole who) {
    return site.database()
        .query(
            "SELECT seq, act, token, purpose, ticket, detail FROM cameleon.audit WHERE actor = '"
                + who.name()
                + "' ORDER BY seq");
  }
}
