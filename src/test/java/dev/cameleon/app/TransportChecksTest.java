package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.app.SelfCheck.Result;
import dev.cameleon.db.LoadedTable;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Site;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Findings of {@code check} on transport and login that need another server than {@code
 * TlsFaultsTest} has.
 */
class TransportChecksTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    ", OK, are encrypted (HTTPS)",
    "https://sqs.eu-central-1.amazonaws.com, OK, are encrypted (HTTPS)",
    "HTTPS://sqs.eu-central-1.amazonaws.com, OK, are encrypted (HTTPS)",
    "http://127.0.0.1:9324, OK, are not encrypted; SQS is on this machine",
    "http://localhost:9324, OK, are not encrypted; SQS is on this machine",
    "http://sqs.example:9324, NOTE, on another machine are not encrypted: use an https:// endpoint",
    "http://localhost.example:9324, NOTE, on another machine are not encrypted: use an https://"
  })
  void callsToAnotherMachineAreToBeEncrypted(URI endpoint, Result result, String words) {
    SelfCheck.Finding finding = TransportChecks.queue(Optional.ofNullable(endpoint));

    assertThat(finding.result()).isEqualTo(result);
    assertThat(finding.detail()).contains(words);
  }

  @Test
  void whoOwnsATableOrIsAMemberOfItsOwnerIsToldToLoadAsSomebodyElse() throws Exception {
    Site site = Site.in(folder);
    site.migrate();
    List<LoadedTable.Name> tables = List.of(new LoadedTable.Name("public", "user_logins"));
    LoginRole role = LoginRole.in(site.database(), "cameleon_loader");
    String owner = "owner_of_" + site.database().name();
    site.database().execute("CREATE ROLE " + owner);

    assertThat(login(role, tables)).startsWith("OK loads, and owns no tables");
    site.database().execute("ALTER TABLE user_logins OWNER TO " + owner);
    assertThat(login(role, tables)).startsWith("OK");
    site.database().execute("GRANT " + owner + " TO " + role.name());
    assertThat(login(role, tables)).startsWith("NOTE loads as the owner of the tables, who can");
    assertThat(login(role, List.of())).as("not loaded by this pipeline").startsWith("OK");
    site.database().execute("ALTER TABLE cameleon.audit OWNER TO " + role.name());
    assertThat(login(role, List.of())).startsWith("NOTE loads as the owner of the tables, who can");
  }

  private static String login(LoginRole role, List<LoadedTable.Name> tables) throws Exception {
    try (Connection connection = role.connect()) {
      SelfCheck.Finding finding = TransportChecks.login(connection, tables);
      return finding.result() + " " + finding.detail();
    }
  }
}
