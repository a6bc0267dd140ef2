package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.db.Database;
import dev.cameleon.load.LoadParameters;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.mask.Masker;
import dev.cameleon.mask.Original;
import dev.cameleon.support.Events;
import dev.cameleon.support.FixedKeys;
import dev.cameleon.vault.VaultEntries;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A reveal of a harmless token after somebody replaced its value by another one. */
class SwappedOriginalsTest {
  private static final String HARMLESS = "198.51.100.1";
  private static final String VICTIM = "203.0.113.77";
  private static final Keyset ROTATED = FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0c);

  @TempDir private Path folder;
  private VaultSite site;

  @BeforeEach
  void loadTwoAddresses() throws Exception {
    site = new VaultSite(folder);
    site.load(Events.login(1).put("ip", HARMLESS), Events.login(2).put("ip", VICTIM));
  }

  @Test
  void withTheKeysetAnEntryThatAnOfficerRenamedInTheirOwnRotationIsNotShown() throws Exception {
    String victim = site.ip(VICTIM);
    String harmless = new Masker(ROTATED, Map.of()).renew(site.ip(HARMLESS));
    try (Connection officer = Database.connect(site.login("cameleon_officer"));
        Statement statement = officer.createStatement()) {
      new MaskGuard(ROTATED, Map.of()).problems(officer, Set.of());
      statement.execute("DELETE FROM cameleon.vault WHERE token = '" + harmless + "'");
      statement.execute(
          "UPDATE cameleon.vault SET token = '" + harmless + "' WHERE token = '" + victim + "'");
    }

    Reveal.Answer checked = reveal(Optional.of(ROTATED), harmless);
    Reveal.Answer older = reveal(Optional.of(site.keyset()), harmless);
    Reveal.Answer unchecked = reveal(Optional.empty(), harmless);

    assertThat(checked.value()).isEmpty();
    assertThat(checked.outcome()).isEqualTo("mismatch");
    assertThat(checked.detail()).contains("belongs to another token").doesNotContain(VICTIM);
    assertThat(older.value()).isEmpty();
    assertThat(older.outcome()).isEqualTo("unknown key");
    assertThat(older.detail()).contains("22222222 is not in your keyset", "CAMELEON_KEYSET");
    assertThat(unchecked.outcome()).isEqualTo("revealed unchecked");
    assertThat(unchecked.value()).contains(VICTIM); // and the command says that it is not checked
    assertThat(outcomes()).containsExactly("mismatch", "unknown key", "revealed unchecked");
  }

  @Test
  void withTheKeysetAnEntryThatALoaderPlantedIsNotShown() throws Exception {
    String token = site.ip("192.0.2.5");
    String id = UUID.randomUUID().toString();
    VaultEntries entries = site.vault().entries();
    entries.add(id, List.of(new Original(token, VICTIM)));
    try (Connection loader = Database.connect(site.login("cameleon_loader"))) {
      site.statement()
          .run(
              loader,
              new LoadParameters(
                  "[{\"message_id\":\""
                      + id
                      + "\",\"event_number\":1,\"sent_at\":\"2026-01-31T10:00:00Z\"}]",
                  entries.json(Optional.of(Instant.now()))));
    }

    assertThat(reveal(Optional.of(site.keyset()), token).outcome()).isEqualTo("mismatch");
    assertThat(reveal(Optional.empty(), token).value()).contains(VICTIM);
  }

  @Test
  void aMatchingValueIsShownAsCheckedEvenUnderAnOlderKey() throws Exception {
    Reveal.Answer before = reveal(Optional.of(site.keyset()), site.ip(VICTIM));
    Reveal.Answer meanwhile = reveal(Optional.of(ROTATED), site.ip(VICTIM));

    for (Reveal.Answer answer : List.of(before, meanwhile)) {
      assertThat(answer.value()).contains(VICTIM);
      assertThat(answer.outcome()).isEqualTo("revealed");
    }
  }

  private Reveal.Answer reveal(Optional<Keyset> keyset, String token) throws Exception {
    try (Connection connection = site.database().connect()) {
      return new Reveal(connection, site.key(), keyset, "a court order", null).ask(token);
    }
  }

  private List<String> outcomes() {
    return site
        .database()
        .query("SELECT detail FROM cameleon.audit WHERE act = 'reveal-outcome' ORDER BY seq")
        .stream()
        .map(row -> row.get(0).replaceAll("request \\d+: ", ""))
        .toList();
  }
}
