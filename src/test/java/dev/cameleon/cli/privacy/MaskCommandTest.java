package dev.cameleon.cli.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.PiiKind;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.mask.Masker;
import dev.cameleon.support.Commands;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Program;
import dev.cameleon.support.Shared;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code mask} as a process: the token of a value, and its audit row. */
class MaskCommandTest {
  private static final String ADDRESS = "203.0.113.77";
  private static final Map<String, PiiKind> FIELDS =
      Map.of("ip", PiiKind.IP, "device_id", PiiKind.DEVICE, "email", PiiKind.TEXT);

  @TempDir private Path folder;

  private final TestDatabase database = Shared.postgres().migrated();
  private final Keyset keyset = Keyset.create();
  private LoginRole revealer;

  @BeforeEach
  void useAKeyset() throws Exception {
    try (Connection connection = database.connect()) {
      assertThat(new MaskGuard(keyset, FIELDS).problems(connection, Set.of())).isEmpty();
    }
    revealer = LoginRole.in(database, "cameleon_revealer");
  }

  @Test
  void theTokenOfAValueIsTheOneThatItsRowsHave() throws Exception {
    Masker masker = new Masker(keyset, FIELDS);

    Program.Result address = mask(keyset, ADDRESS + "\n", "--domain", "ip", "--ticket", "T-3");
    Program.Result mapped = mask(keyset, "::ffff:" + ADDRESS + "\r\n", "--domain", "ip");
    Program.Result email = mask(keyset, "ada@example.org\n", "--domain=email", "--purpose=a case");

    String token = masker.token(PiiKind.IP, "ip", ADDRESS);
    assertThat(address.exitCode()).as(address.err()).isZero();
    assertThat(address.out()).isEqualTo(token + System.lineSeparator());
    assertThat(address.err()).matches("audit head: [0-9a-f]{64};.*\\R").doesNotContain(ADDRESS);
    assertThat(mapped.out()).isEqualTo(address.out());
    assertThat(email.out().strip())
        .isEqualTo(masker.token(PiiKind.TEXT, "email", "ada@example.org"));
    List<List<String>> audit =
        database.query(
            "SELECT actor, act, token, purpose, ticket, detail FROM cameleon.acts"
                + " WHERE act <> 'add-key' ORDER BY seq");
    assertThat(audit).hasSize(3);
    assertThat(audit.get(0)).containsExactly(revealer.name(), "mask", token, null, "T-3", null);
    assertThat(audit.get(2).get(3)).isEqualTo("a case");
    assertThat(audit.toString()).doesNotContain(ADDRESS, "ada@example.org");
  }

  @Test
  void anotherKeysetThanTheDatabasesIsRefusedAndNothingIsWritten() throws Exception {
    Program.Result result = mask(Keyset.create(), ADDRESS, "--domain", "ip");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains("not the one that this database was loaded with");
    assertThat(database.number("SELECT count(*) FROM cameleon.audit WHERE act <> 'add-key'"))
        .isZero();
    assertThat(database.number("SELECT count(*) FROM cameleon.mask_key")).isEqualTo(1);
  }

  @Test
  void aValueWhoseTokenNoRowCouldHaveIsRefusedAndNotShown() throws Exception {
    assertThat(refusal(ADDRESS, "--domain", "device_id")).contains("[device, email, ip]");
    assertThat(refusal("x", "--domain", ADDRESS)).contains("[device, email, ip]");
    assertThat(refusal(ADDRESS + "\n203.0.113.78\n", "--domain", "ip"))
        .contains("must hold one IPv4 or IPv6");
    assertThat(refusal("0" + ADDRESS, "--domain", "ip")).contains("must hold one IPv4 or IPv6");
    assertThat(refusal("\n", "--domain", "device")).contains("1 byte to 1 MiB");
    assertThat(refusal("x".repeat((1 << 20) + 1), "--domain", "device")).contains("1 MiB");
    assertThat(refusal("", "--domain", "ip", ADDRESS)).contains("shell's history");
    assertThat(database.number("SELECT count(*) FROM cameleon.audit WHERE act <> 'add-key'"))
        .isZero();
  }

  @Test
  void nothingIsPrintedThatCouldNotBeRecorded() throws Exception {
    LoginRole loader = LoginRole.in(database, "cameleon_loader");

    Program.Result result =
        Commands.runWithInput(
            ADDRESS, environment(loader, keyset), folder, "mask", "--domain", "ip");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains("lacks a privilege").contains("cameleon_revealer");
  }

  private String refusal(String input, String... arguments) throws Exception {
    Program.Result result = mask(keyset, input, arguments);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).doesNotContain(ADDRESS);
    return result.err();
  }

  private Program.Result mask(Keyset keys, String input, String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("mask"));
    all.addAll(List.of(arguments));
    return Commands.runWithInput(
        input, environment(revealer, keys), folder, all.toArray(new String[0]));
  }

  private static Map<String, String> environment(LoginRole who, Keyset keys) {
    Map<String, String> environment = who.environment();
    environment.put("CAMELEON_KEYSET_JSON", keys.json());
    return environment;
  }
}
