package dev.cameleon.cli.privacy;

import static dev.cameleon.cli.privacy.LoadedSite.ADDRESS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Commands;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Cases in which {@code reveal} shows nothing, as a process, and their audit rows. */
class RevealRefusalsTest extends RevealFixture {
  @Test
  void aValueUnderAnotherTokenIsReportedAsDamaged() throws Exception {
    String swapped = token.substring(0, token.length() - 22) + "C".repeat(22);
    site.database()
        .execute(
            "INSERT INTO cameleon.vault SELECT '"
                + swapped
                + "', gen_random_uuid(), data_key, sealed FROM cameleon.vault WHERE token = '"
                + token
                + "'");

    Program.Result result = site.reveal(revealer, site.anna(), swapped);

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains(swapped + ": damaged");
    assertThat(site.audit(revealer).get(1).get(5)).endsWith(": damaged");
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
      text = site.reveal(revealer, site.anna(), token);
      json = site.reveal(revealer, site.anna(), "--json", token);
    } finally {
      site.database().execute("DROP FUNCTION refuse() CASCADE");
    }

    for (Program.Result result : List.of(text, json)) {
      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.out() + result.err()).doesNotContain(ADDRESS).contains("P0001");
    }
    assertThat(text.out()).isEmpty();
    assertThat(json.out()).contains("\"tokens\":[]");
    assertThat(site.audit(revealer))
        .extracting(row -> row.get(1))
        .containsExactly("reveal", "reveal");
  }

  @Test
  void anInvalidTokenIsNotShownAndNothingIsRequested() throws Exception {
    Program.Result argument = site.reveal(revealer, site.anna(), token, ADDRESS);
    Program.Result line =
        Commands.runWithInput(
            token + "\n" + ADDRESS + "\n",
            revealer.environment(),
            site.folder(),
            "reveal",
            "--private-key=" + site.anna(),
            "--purpose=a court order");

    for (Program.Result result : List.of(argument, line)) {
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.out()).isEmpty();
      assertThat(result.err()).contains("2 is not a token").doesNotContain(ADDRESS);
    }
    assertThat(site.audit(revealer)).isEmpty();
  }

  @Test
  void aBlankReasonOrAnUnreadableKeyIsRefusedBeforeAnyRequest() throws Exception {
    Path open = Files.copy(site.anna(), site.folder().resolve("open.key"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));

    assertThat(refusal("--private-key=" + site.anna(), "--purpose= ", token)).contains("--purpose");
    assertThat(refusal("--private-key=" + site.anna(), "--purpose=x", "--ticket= ", token))
        .contains("--ticket");
    assertThat(refusal("--private-key=none.key", "--purpose=x", token)).contains("no private key");
    assertThat(refusal("--private-key=" + open, "--purpose=x", token)).contains("chmod 600");
    assertThat(refusal("--private-key=" + site.anna(), "--purpose=x")).contains("tokens");
    assertThat(refusal("--purpose=x", token)).contains("--private-key FILE or --kms-key ARN");
    assertThat(refusal("--private-key=" + site.anna(), "--purpose=x", "--user=u-1", token))
        .contains("either --user ID or tokens")
        .doesNotContain("u-1");
    assertThat(site.audit(revealer)).isEmpty();
  }

  @Test
  void anEncryptedKeyTakesItsPassphraseFromAFileOrIsRefusedWithTheRemedy() throws Exception {
    String der =
        Files.readAllLines(Path.of("src/test/resources/vectors/encrypted_keys.csv"))
            .get(1)
            .replaceAll(".*,", "");
    Path key = site.folder().resolve("encrypted.key");
    Files.writeString(key, Recipients.pem("ENCRYPTED PRIVATE KEY", HexFormat.of().parseHex(der)));
    Path passphrase = Files.writeString(site.folder().resolve("passphrase"), "plum jam 7\n");
    for (Path secret : List.of(key, passphrase)) {
      Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    }

    assertThat(refusal("--private-key=" + key, "--purpose=x", token))
        .contains("is encrypted", "--passphrase-file");
    String given = "--passphrase-file=" + passphrase;
    assertThat(refusal("--private-key=" + key, given, "--purpose=x", token))
        .contains("the passphrase is wrong")
        .doesNotContain("plum jam");
    Files.writeString(passphrase, "grün 1\n");
    Program.Result opened = site.reveal(revealer, key, given, token);
    assertThat(opened.exitCode()).isEqualTo(1);
    assertThat(opened.err()).contains("not sealed to this key"); // so it was read
  }

  @Test
  void aLoginThatMayNotRevealIsToldWhichRoleItNeeds() throws Exception {
    LoginRole officer = LoginRole.in(site.database(), "cameleon_officer");
    LoginRole reader = LoginRole.in(site.database(), "cameleon_reader");

    for (LoginRole who : List.of(officer, reader)) {
      Program.Result result =
          Commands.run(
              who.environment(),
              site.folder(),
              "reveal",
              "--private-key=" + site.anna(),
              "--purpose=x",
              token);

      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.out()).isEmpty();
      assertThat(result.err())
          .contains("lacks a privilege")
          .contains("GRANT cameleon_revealer TO \"" + who.name() + "\"");
    }
    assertThat(site.audit(officer))
        .extracting(row -> row.get(1))
        .containsExactly("reveal", "reveal-outcome");
    assertThat(site.audit(officer).get(1).get(5)).endsWith(": failed, SQLSTATE 42501");
  }

  private String refusal(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("reveal"));
    all.addAll(List.of(arguments));
    Program.Result result =
        Commands.run(revealer.environment(), site.folder(), all.toArray(new String[0]));
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    return result.err();
  }
}
