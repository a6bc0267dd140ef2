package dev.cameleon.cli.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.privacy.Audit;
import dev.cameleon.support.Commands;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Program;
import dev.cameleon.support.Shared;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code audit} as a process: exit code, standard output and standard error. */
class AuditCommandTest {
  @TempDir private Path folder;

  private final TestDatabase database = Shared.postgres().migrated();
  private LoginRole officer;
  private String head;

  @BeforeEach
  void recordThreeActs() throws Exception {
    officer = LoginRole.in(database, "cameleon_officer");
    try (Connection connection = officer.connect()) {
      record(connection, new Audit.Act("reveal", "ip_t", "a court order", "T-1", null));
      record(
          connection, new Audit.Act("reveal-outcome", "ip_t", null, null, "request 1: revealed"));
      head =
          record(
              connection, new Audit.Act("erase", null, "line\n9999  forged\u001b[A", null, null));
    }
  }

  @Test
  void verifySaysHowManyRowsSinceWhenAndTheHead() throws Exception {
    Program.Result text = audit("verify");
    Program.Result json =
        audit("verify", "--json", "--head", head.toUpperCase(java.util.Locale.ROOT));

    assertThat(text.exitCode()).as(text.err()).isZero();
    assertThat(text.out()).containsPattern("Rows verified: 3, since \\S+Z\\.\\Rhead: " + head);
    assertThat(text.err()).isEmpty();
    assertThat(json.exitCode()).isZero();
    JsonNode report = JsonMapper.builder().build().readTree(json.out());
    assertThat(report.get("verified").asBoolean()).isTrue();
    assertThat(report.get("rows").asLong()).isEqualTo(3);
    assertThat(report.get("kept_head_row").asLong()).isEqualTo(3);
    assertThat(report.get("head").asText()).isEqualTo(head);
  }

  @Test
  void verifyEndsWithOneAtATamperedRowOrAHeadThatIsNotThere() throws Exception {
    Program.Result missing = audit("verify", "--head", "0".repeat(64));
    database.execute(
        "ALTER TABLE cameleon.audit DISABLE TRIGGER only_added_to;"
            + "UPDATE cameleon.audit SET token = 'ip_u' WHERE seq = 2");
    Program.Result tampered = audit("verify");
    Program.Result json = audit("verify", "--json");

    assertThat(missing.exitCode()).isEqualTo(1);
    assertThat(missing.out()).startsWith("BROKEN: no row has the head that you kept");
    assertThat(tampered.exitCode()).isEqualTo(1);
    assertThat(tampered.out())
        .startsWith("BROKEN: row 2 does not match its hash")
        .contains("Rows verified: 1,");
    assertThat(json.exitCode()).isEqualTo(1);
    assertThat(json.out())
        .contains("\"verified\":false", "\"problem\":\"row 2 does not match its hash");
  }

  @Test
  void listShowsTheNewestLastOneLineEachEvenWithControlCharacters() throws Exception {
    Program.Result text = audit("list");
    Program.Result one = audit("list", "--limit", "1", "--json");
    Program.Result since = audit("list", "--since", "2020-01-31", "--json");
    Program.Result none = audit("list", "--since", "9020-01-31", "--json");

    assertThat(text.exitCode()).as(text.err()).isZero();
    List<String> lines = text.out().lines().toList();
    assertThat(lines).hasSize(4);
    assertThat(lines.get(0)).contains("SEQ", "AT", "ACTOR", "ACT", "TOKEN", "PURPOSE", "TICKET");
    assertThat(lines.get(1)).contains("     1  ", officer.name(), "reveal", "a court order", "T-1");
    assertThat(lines.get(3)).contains("line\\n9999  forged\\u001b[A");
    assertThat(acts(one)).containsExactly("erase");
    assertThat(acts(since)).containsExactly("reveal", "reveal-outcome", "erase");
    assertThat(acts(none)).isEmpty();
  }

  @Test
  void aLoginWithoutTheRoleIsToldWhichRoleItNeeds() throws Exception {
    LoginRole reader = LoginRole.in(database, "cameleon_reader");

    for (String what : List.of("list", "verify")) {
      Program.Result result = Commands.run(reader.environment(), folder, "audit", what);

      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.out()).isEmpty();
      assertThat(result.err())
          .contains("lacks a privilege")
          .contains("GRANT cameleon_officer TO \"" + reader.name() + "\"");
    }
  }

  @Test
  void wrongUsageEndsWithTwo() throws Exception {
    assertThat(audit().exitCode()).isEqualTo(2);
    assertThat(audit("verify", "--head", "abc").err()).contains("64 hexadecimal digits");
    assertThat(audit("list", "--since", "yesterday").err()).contains("2026-01-31");
    assertThat(audit("list", "--since", "2026-01-31", "--limit", "3").exitCode()).isEqualTo(2);
    assertThat(audit("list", "--limit", "0").exitCode()).isEqualTo(2);
  }

  private Program.Result audit(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("audit"));
    all.addAll(List.of(arguments));
    return Commands.run(officer.environment(), folder, all.toArray(new String[0]));
  }

  private static List<String> acts(Program.Result list) throws Exception {
    assertThat(list.exitCode()).as(list.err()).isZero();
    return JsonMapper.builder().build().readTree(list.out()).findValuesAsText("act");
  }

  private static String record(Connection connection, Audit.Act act) throws Exception {
    return Audit.record(connection, act).head();
  }
}
