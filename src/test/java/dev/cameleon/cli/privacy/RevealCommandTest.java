package dev.cameleon.cli.privacy;

import static dev.cameleon.cli.privacy.LoadedSite.ADDRESS;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.mask.Keyset;
import dev.cameleon.support.Commands;
import dev.cameleon.support.LocalKms;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * From the queue to a recovered value: loaded by a member of cameleon_loader, revealed by a member
 * of cameleon_revealer, each command a process.
 */
class RevealCommandTest extends RevealFixture {
  private static final String ERASED = "ip_00000000_AAAAAAAAAAAAAAAAAAAAAA";

  @Test
  void eitherOfTwoRecipientsAloneRevealsAValueAndItIsCheckedByTheKeyset() throws Exception {
    Program.Result annas = checked(site.anna());
    Program.Result bens = checked(site.ben());

    for (Program.Result result : List.of(annas, bens)) {
      assertThat(result.exitCode()).as(result.err()).isZero();
      assertThat(result.out()).isEqualTo(token + "\t" + ADDRESS + "\n");
      assertThat(result.err())
          .matches(
              "audit head: [0-9a-f]{64}; keep it outside the database, for audit verify"
                  + " --head\\R")
          .doesNotContain(ADDRESS);
    }
  }

  @Test
  void withoutTheKeysetValuesAreReportedAsUncheckedAndAnotherKeysetIsRefused() throws Exception {
    Program.Result without = site.reveal(revealer, site.anna(), token);
    Program.Result wrong = checked(site.anna(), Keyset.create().json());

    assertThat(without.out()).isEqualTo(token + "\t" + ADDRESS + "\n");
    assertThat(without.err()).contains("not checked: ", "CAMELEON_KEYSET");
    assertThat(wrong.exitCode()).isEqualTo(2);
    assertThat(wrong.out()).isEmpty();
    assertThat(wrong.err()).contains("not the one that this database was loaded with");
    assertThat(site.audit(revealer))
        .extracting(row -> row.get(1))
        .containsExactly("reveal", "reveal-outcome");
  }

  @Test
  void anotherKeyRevealsNothingAndBothAttemptsAreOnRecord() throws Exception {
    Path eve = Recipients.add(site.folder().resolve("elsewhere"), "eve");

    Program.Result refused = site.reveal(revealer, eve, token);
    Program.Result revealed = site.reveal(revealer, site.anna(), token);

    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err()).contains(token + ": not sealed to this key").doesNotContain(ADDRESS);
    assertThat(revealed.exitCode()).isZero();
    List<List<String>> audit = site.audit(revealer);
    assertThat(audit)
        .extracting(row -> row.get(1))
        .containsExactly("reveal", "reveal-outcome", "reveal", "reveal-outcome");
    assertThat(audit.get(0).subList(2, 6)).containsExactly(token, "a court order", "T-17", null);
    assertThat(audit.get(1).get(5))
        .isEqualTo("request " + audit.get(0).get(0) + ": not a recipient");
    assertThat(audit.get(3).get(5))
        .isEqualTo("request " + audit.get(2).get(0) + ": revealed unchecked");
    assertThat(verify(head(revealed)).exitCode()).isZero();
    assertThat(audit.toString()).doesNotContain(ADDRESS);
  }

  @Test
  void oneTokenThatCannotBeRevealedDoesNotHoldUpTheOthers() throws Exception {
    String unknown = token.substring(0, token.length() - 22) + "A".repeat(22);
    String foreign = "ip_deadbeef_" + "A".repeat(22);

    Program.Result result = site.reveal(revealer, site.anna(), unknown, ERASED, foreign, token);

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).isEqualTo(token + "\t" + ADDRESS + "\n");
    assertThat(result.err())
        .contains(unknown + ": no entry: loaded without a vault, or erased")
        .contains(ERASED + ": erased")
        .contains(foreign + ": no entry: the mask key deadbeef does not belong to this database");
    assertThat(site.audit(revealer))
        .hasSize(8)
        .extracting(row -> row.get(5))
        .filteredOn(detail -> detail != null)
        .extracting(detail -> detail.replaceAll(".*: ", ""))
        .containsExactly("no entry", "erased", "no entry", "revealed unchecked");
  }

  @Test
  void aTokenOfARetiredKeyHintsAtTheNewerOne() throws Exception {
    site.database()
        .execute(
            "INSERT INTO cameleon.mask_key (key_id, check_value, follows, retired_at)"
                + " SELECT 'feedf00d', 'x', key_id, now() FROM cameleon.mask_key");

    Program.Result result = site.reveal(revealer, site.anna(), "ip_feedf00d_" + "A".repeat(22));

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("its mask key feedf00d is retired");
  }

  @Test
  void anErasedTokenSaysWhenAndOnWhichTicket() throws Exception {
    String erased = token.substring(0, token.length() - 22) + "B".repeat(22);
    site.database()
        .query("SELECT cameleon.record_act('erase', '" + erased + "', NULL, 'T-9', NULL)");

    Program.Result result = site.reveal(revealer, site.anna(), erased);

    assertThat(result.err()).containsPattern("erased on \\d{4}-\\d\\d-\\d\\d \\(ticket T-9\\)");
    assertThat(site.audit(revealer).get(1).get(5)).endsWith(": erased");
  }

  @Test
  void controlCharactersAreEscapedInTextAndRawInJson() throws Exception {
    String device = site.token("maked_device_id");

    Program.Result text = site.reveal(revealer, site.anna(), device);
    Program.Result json =
        Commands.runWithInput(
            device + "\n\n" + token + "\n" + device + "\n",
            revealer.environment(),
            site.folder(),
            "reveal",
            "--private-key=" + site.anna(),
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
    assertThat(report.get("tokens").get(0).get("value").asText()).isEqualTo(LoadedSite.DEVICE);
    assertThat(report.get("tokens").get(1).get("value").asText()).isEqualTo(ADDRESS);
    assertThat(report.get("checked_by_keyset").asBoolean()).isFalse();
    assertThat(report.get("audit_head").asText()).matches("[0-9a-f]{64}");
  }

  @Test
  void aPersonsDataIsShownAndTheAuditDoesNotIdentifyThem() throws Exception {
    List<String> common = List.of("reveal", "--purpose=Art. 15", "--ticket=T-20");
    Program.Result text =
        Commands.run(
            revealer.environment(),
            site.folder(),
            with(common, "--private-key=" + site.anna(), "--user=user-100"));
    Program.Result json;
    Program.Result nobody;
    try (LocalKms kms = LocalKms.start()) {
      Map<String, String> environment = revealer.environment();
      environment.putAll(kms.environment());
      String arn = kms.with(site.anna());
      json =
          Commands.runWithInput(
              "user-100\n",
              environment,
              site.folder(),
              with(common, "--kms-key=" + arn, "--user=-", "--json"));
      nobody =
          Commands.run(
              environment, site.folder(), with(common, "--kms-key=" + arn, "--user=nobody-here"));
    }

    assertThat(text.exitCode()).as(text.err()).isZero();
    assertThat(text.out().lines())
        .hasSize(7)
        .contains("1\tuser_id\t\tuser-100\t" + date())
        .contains("1\tmasked_ip\t" + token + "\t" + ADDRESS + "\t" + date());
    assertThat(json.exitCode()).as(json.err()).isZero();
    JsonNode row = JsonMapper.builder().build().readTree(json.out()).get("rows").get(0);
    assertThat(row.get("user_id").asText()).isEqualTo("user-100");
    assertThat(row.get("masked_ip").get("token").asText()).isEqualTo(token);
    assertThat(row.get("masked_ip").get("value").asText()).isEqualTo(ADDRESS);
    assertThat(row.get("maked_device_id").get("value").asText()).isEqualTo(LoadedSite.DEVICE);
    assertThat(nobody.exitCode()).isEqualTo(1);
    assertThat(nobody.err())
        .contains("no row of user_logins has this user id")
        .doesNotContain("nobody-here");
    List<List<String>> audit = site.audit(revealer);
    assertThat(audit)
        .extracting(entry -> entry.get(1))
        .startsWith("reveal-user", "reveal-outcome", "reveal", "reveal-outcome")
        .endsWith("reveal-user", "reveal-outcome");
    assertThat(audit.get(audit.size() - 1).get(5)).endsWith(": 0 rows");
    assertThat(audit.toString()).doesNotContain("user-100").doesNotContain("nobody-here");
  }

  /** The sender of an event chooses the user id, and may know somebody else's token. */
  @Test
  void aTokenInAColumnOfAnotherKindIsNotRevealed() throws Exception {
    String device = site.token("maked_device_id");
    site.database()
        .execute(
            String.format(
                "INSERT INTO public.user_logins (user_id, masked_ip, maked_device_id)"
                    + " VALUES ('%s', '%s', '%s')",
                token, device, token));

    Program.Result result =
        Commands.run(
            revealer.environment(),
            site.folder(),
            "reveal",
            "--purpose=Art. 15",
            "--private-key=" + site.anna(),
            "--user=" + token);
    site.database().execute("DELETE FROM public.user_logins WHERE user_id = '" + token + "'");

    assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
    assertThat(result.out())
        .contains("\tuser_id\t\t" + token, "\tmasked_ip\t\t" + device)
        .doesNotContain(ADDRESS)
        .doesNotContain("\\u001b");
    assertThat(result.err())
        .contains("user_id: not revealed: it looks like a token, but this column is not masked")
        .contains("masked_ip: not revealed: ", "of another kind than this column");
    assertThat(site.audit(revealer)).hasSize(2); // nothing of the vault was asked for
  }

  private String date() {
    return site.token("create_date");
  }

  private static String[] with(List<String> some, String... others) {
    return Stream.concat(some.stream(), Stream.of(others)).toArray(String[]::new);
  }

  private Program.Result checked(Path key) throws Exception {
    return checked(key, Files.readString(site.folder().resolve("mask.json")));
  }

  private Program.Result checked(Path key, String keyset) throws Exception {
    Map<String, String> environment = revealer.environment();
    environment.put("CAMELEON_KEYSET_JSON", keyset);
    return Commands.run(
        environment, site.folder(), "reveal", "--private-key=" + key, "--purpose=x", token);
  }

  private Program.Result verify(String head) throws Exception {
    return Commands.run(revealer.environment(), site.folder(), "audit", "verify", "--head", head);
  }

  private static String head(Program.Result revealed) {
    return revealed.err().replaceAll("(?s).*audit head: ([0-9a-f]{64}).*", "$1");
  }
}
