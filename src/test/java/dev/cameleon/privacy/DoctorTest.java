package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.db.Database;
import dev.cameleon.privacy.Doctor.Verdict;
import dev.cameleon.support.Events;
import dev.cameleon.support.FixedKeys;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The doctor's findings for a database with each kind of fault. */
class DoctorTest {
  @TempDir private Path folder;

  private VaultSite site;
  private Database.Login officer;

  @BeforeEach
  void threeEvents() throws Exception {
    site = new VaultSite(folder);
    officer = site.login("cameleon_officer");
    site.load(event("ada", "192.0.2.1"), event("ben", "192.0.2.2"), event("cleo", "192.0.2.2"));
  }

  @Test
  void aConsistentDatabaseHasNoFindings() throws Exception {
    List<Doctor.Finding> findings = Doctor.examine(officer);

    assertThat(findings).extracting(Doctor.Finding::verdict).containsOnly(Verdict.OK);
    assertThat(details(findings, "keys")).singleElement().asString().contains("11111111", "0 days");
    assertThat(details(findings, "rows"))
        .containsExactlyInAnyOrder(
            "masked_ip by key: 11111111 3", "maked_device_id by key: 11111111 3");
    assertThat(details(findings, "recipient"))
        .singleElement()
        .asString()
        .contains("can open 5 of 5 entries");
  }

  @Test
  void anEmptyDatabaseIsReportedAsNeverLoaded() throws Exception {
    site.database().execute("TRUNCATE user_logins, cameleon.vault, cameleon.mask_key");

    List<Doctor.Finding> findings = Doctor.examine(officer);

    assertThat(findings).extracting(Doctor.Finding::verdict).doesNotContain(Verdict.WRONG);
    assertThat(details(findings, "keys")).singleElement().asString().contains("nothing was loaded");
  }

  @Test
  void rowsThatHoldAnAddressInsteadOfATokenAreWrong() throws Exception {
    site.database().execute("INSERT INTO user_logins (masked_ip) VALUES ('plantedvalue')");

    assertFound("old formats", Verdict.WRONG, "1 values in token columns that are not tokens");
    assertThat(Doctor.examine(officer).toString()).doesNotContain("plantedvalue");
  }

  @Test
  void tokensOfAnUnknownKeyAreWrong() throws Exception {
    site.database()
        .execute("INSERT INTO user_logins (masked_ip) VALUES ('" + token("ip_99999999") + "')");

    assertFound("unknown keys", Verdict.WRONG, "1 tokens of a key");
  }

  @Test
  void aUserIdThatLooksLikeATokenIsNotAFinding() throws Exception {
    site.database()
        .execute("INSERT INTO user_logins (user_id) VALUES ('" + token("x_11111111") + "')");
    site.database()
        .execute("INSERT INTO user_logins (user_id) VALUES ('" + token("x_99999999") + "')");

    assertThat(Doctor.examine(officer))
        .filteredOn(finding -> !finding.check().equals("no entry"))
        .extracting(Doctor.Finding::verdict)
        .containsOnly(Verdict.OK);
  }

  @Test
  void aDataKeyWhoseKeyIsLostIsWrong() throws Exception {
    site.database().execute("DELETE FROM cameleon.sealed_data_key");

    assertFound("sealed keys", Verdict.WRONG, "1 data keys of entries");
  }

  @Test
  void tokensWithoutAnEntryAndEntriesWithoutARowAreNoted() throws Exception {
    site.database()
        .execute("DELETE FROM cameleon.vault WHERE token = '" + site.ip("192.0.2.2") + "'");
    site.database().execute("DELETE FROM user_logins WHERE user_id = 'ada'");

    assertFound("no entry", Verdict.NOTE, "1 tokens of rows");
    assertFound("no row", Verdict.NOTE, "2 vault entries");
  }

  @Test
  void aRotationThatHasNotEndedIsNoted() throws Exception {
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));
    site.load(event("dora", "192.0.2.4"));

    assertFound("rotation", Verdict.NOTE, "11 tokens of an older key in rows and vault");
    assertFound("rows", Verdict.OK, "masked_ip by key: 11111111 3, 22222222 1");
    assertFound("keys", Verdict.OK, "22222222, first seen");
  }

  @Test
  void erasedPersonsAreCountedAndUnfinishedErasuresAreNoted() throws Exception {
    try (Erasure erase = Erasure.open(officer, Duration.ofHours(1), (time, why) -> {})) {
      erase.person("ada", site.keyset(), "PRIV-1", true);
    }

    assertFound("erased", Verdict.OK, "2 random tokens");
    assertFound("suppressed", Verdict.OK, "1 persons");
    assertFound("erasure", Verdict.NOTE, "2 tokens are still to erase");
  }

  @Test
  void aReaderIsRefused() {
    Database.Login reader = site.login("cameleon_reader");

    assertThatThrownBy(() -> Doctor.examine(reader))
        .isInstanceOf(SQLException.class)
        .extracting(failure -> ((SQLException) failure).getSQLState())
        .isEqualTo("42501");
  }

  private void assertFound(String check, Verdict verdict, String detail) throws SQLException {
    assertThat(Doctor.examine(officer))
        .anySatisfy(
            finding -> {
              assertThat(finding.check()).isEqualTo(check);
              assertThat(finding.verdict()).isEqualTo(verdict);
              assertThat(finding.detail()).contains(detail);
            });
  }

  private static List<String> details(List<Doctor.Finding> findings, String check) {
    return findings.stream()
        .filter(finding -> finding.check().equals(check))
        .map(Doctor.Finding::detail)
        .toList();
  }

  private static String token(String start) {
    return start + "_AAAAAAAAAAAAAAAAAAAAAA";
  }

  private static ObjectNode event(String user, String ip) {
    return Events.login(user.length() * 7 + user.charAt(0)).put("user_id", user).put("ip", ip);
  }
}
