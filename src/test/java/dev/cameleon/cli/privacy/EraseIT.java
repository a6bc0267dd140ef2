package dev.cameleon.cli.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** {@code erase} as a process while a loader runs, with the real wait of more than a minute. */
@EnabledIfSystemProperty(named = "soak", matches = ".+")
class EraseIT {
  @TempDir private Path folder;

  @Test
  void aPersonIsErasedForGoodWhileTheirEventsKeepComing() throws Exception {
    Recipients.add(folder, "anna");
    Site site =
        Site.in(folder).with("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString());
    ObjectNode ada = Events.login(1).put("user_id", "plantedvalue");
    site.queues().send(List.of(ada.toString(), ada.toString(), Events.body(2)));

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 3);
      String officer = "officer_of_" + site.database().name();
      site.database().execute("CREATE ROLE " + officer + " LOGIN IN ROLE cameleon_officer");
      site.with("CAMELEON_DB_USER", officer).with("CAMELEON_DB_PASSWORD", "x");
      try (Program erase =
          Program.start(
              site.environment(),
              folder,
              "erase",
              "--user",
              "plantedvalue",
              "--ticket",
              "P-1",
              "--suppress",
              "--json")) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(
                () -> erase.err().contains("Waiting until no running loader has the old values"));
        site.queues().send(List.of(ada.toString())); // to a loader that may or may not know yet
        run.await(Outcome.LOADED, 4);
        Awaitility.await().atMost(Duration.ofMinutes(4)).until(() -> !erase.isAlive());
        Program.Result result = erase.result();

        assertThat(result.exitCode()).as(result.err()).isZero();
        assertThat(result.out() + result.err()).doesNotContain("plantedvalue");
        JsonNode report = JsonMapper.builder().build().readTree(result.out());
        assertThat(report.get("rows_rewritten").asLong()).isBetween(2L, 3L);
        assertThat(report.get("vault_entries_deleted").asLong()).isEqualTo(2);
        assertThat(report.get("still_arriving").asBoolean()).isFalse();
        assertThat(report.get("tokens_not_settled").asLong()).isZero();
        assertThat(report.get("audit_head").asText()).matches("[0-9a-f]{64}");
      }
      site.queues().send(List.of(ada.toString()));
      run.await(Outcome.LOADED, 5);
    }

    assertThat(site.database().number("SELECT count(DISTINCT maked_device_id) FROM user_logins"))
        .isEqualTo(5);
    assertThat(
            site.database()
                .number("SELECT count(*) FROM user_logins WHERE user_id = 'plantedvalue'"))
        .isZero();
    assertThat(site.database().number("SELECT count(*) FROM cameleon.vault")).isEqualTo(2);
  }
}
