package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.db.Database;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * An attacker with the mask key and the whole database, including PostgreSQL's system columns,
 * after one of several people was erased. Ada came first, alone, and added the entries of the
 * values that she shares.
 */
class LinkageTest extends ErasureFixture {
  @BeforeEach
  void adaComesFirstAndThenTheOthers() throws Exception {
    site.database()
        .execute(
            "TRUNCATE user_logins, cameleon.vault, cameleon.ingested_message;"
                + "DELETE FROM cameleon.sealed_data_key");
    site = new VaultSite(folder.resolve("second"));
    officer = site.login("cameleon_officer");
    for (int i = 1; i <= 30; i++) {
      site.load(event("ada", "198.51.100." + i, "444-44-" + (4000 + i)));
    }
    site.load(event("ada", OWN_IP, OWN_DEVICE));
    for (int i = 1; i <= 60; i++) {
      // The first 30 share Ada's addresses, the others have their own.
      site.load(event("user-" + i, "198.51.100." + i, "555-55-" + (5000 + i)));
    }
    try (Connection connection = Database.connect(officer)) {
      Audit.record(
          connection, new Audit.Act("reveal", site.ip(OWN_IP), "a court order", "T-1", null));
    }
    erase("ada", true, (time, why) -> {});
  }

  @Test
  void noXminRevealsHerEntriesOrWhenHerMessagesCame() {
    // The entries that no remaining row's transaction wrote; without a common xmin they would be
    // hers.
    assertThat(query("SELECT count(*) FROM cameleon.vault")).containsExactly("120");
    assertThat(query("SELECT DISTINCT xmin FROM cameleon.vault")).hasSize(1);
    // Messages whose rows were written by a different transaction.
    assertThat(
            query(
                "SELECT DISTINCT xmin FROM cameleon.ingested_message WHERE xmin NOT IN"
                    + " (SELECT xmin FROM user_logins)"))
        .hasSize(1);
    assertThat(
            query("SELECT DISTINCT xmin FROM user_logins WHERE masked_ip LIKE 'ip\\_00000000\\_%'"))
        .hasSize(1);
  }

  @Test
  void theOrderOfEntriesDoesNotRevealWhichRowTheyCameWith() {
    // Hers came first, but their positions must not reveal that: tokens are in random order.
    List<String> places = query("SELECT token FROM cameleon.vault ORDER BY ctid");
    List<String> shared = new ArrayList<>();
    for (int i = 1; i <= 30; i++) {
      shared.add(site.ip("198.51.100." + i));
    }
    assertThat(query("SELECT token FROM cameleon.vault ORDER BY token COLLATE \"C\""))
        .hasSameElementsAs(places);
    assertThat(places).isEqualTo(query("SELECT token FROM cameleon.vault ORDER BY token"));
    assertThat(places.subList(0, 30)).doesNotContainSequence(shared);
  }

  @Test
  void noNonceOrDateRevealsMoreThanItMust() {
    List<String> nonces =
        query("SELECT encode(substr(sealed, 1, 4), 'hex') FROM cameleon.vault ORDER BY token");
    assertThat(nonces).doesNotHaveDuplicates().doesNotContain("00000000");
    assertThat(
            query(
                "SELECT table_name || ' ' || column_name FROM information_schema.columns"
                    + " WHERE table_schema = 'cameleon' AND data_type LIKE 'timestamp%'"
                    + " AND table_name IN ('ingested_message', 'vault', 'sealed_data_key')"))
        .isEmpty();
  }

  @Test
  void withTheMaskKeyNoValueOfHersIsFoundInAnyTable() {
    for (String token : List.of(site.ip(OWN_IP), site.device(OWN_DEVICE))) {
      for (String table :
          query(
              "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE"
                  + " table_schema IN ('public', 'cameleon')")) {
        assertThat(query("SELECT t::text FROM " + table + " t").toString())
            .as(table)
            .doesNotContain(token)
            .doesNotContain(OWN_IP);
      }
    }
  }

  private List<String> query(String sql) {
    return site.database().query(sql).stream().map(row -> row.get(0)).toList();
  }
}
