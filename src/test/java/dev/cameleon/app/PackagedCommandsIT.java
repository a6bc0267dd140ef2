package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each command once, as a process of the packaged jar. */
class PackagedCommandsIT {
  @TempDir private Path folder;

  /** Erasure and pruning wait for a minute, so here they only report missing options. */
  @Test
  void everyCommandRunsFromTheJar() throws Exception {
    Site site = Site.in(folder);
    Path key = Recipients.add(folder, "anna");
    site.with("CAMELEON_RECIPIENTS", "recipients");
    site.queues().send(List.of(Events.body(1), "{", "[]", "{\"foo\": 1}"));
    command(site, 0, "run", "--until-empty", "--timeout", "50s");
    String token = site.database().query("SELECT masked_ip FROM user_logins").get(0).get(0);

    assertThat(command(site, 0, "check").out()).contains("routes");
    assertThat(command(site, 0, "test").out()).contains("cases, 0 failed");
    assertThat(command(site, 0, "migrate").out()).contains("up to date");
    assertThat(command(site, 0, "doctor").exitCode()).isZero();
    String[] reveal = {"reveal", "--private-key", key.toString(), "--purpose", "a test", token};
    assertThat(command(site, 0, reveal).out()).contains(Events.login(1).get("ip").asText());
    assertThat(
            Program.runWithInput(
                    "192.0.2.1",
                    site.environment(),
                    folder,
                    "mask",
                    "--domain=ip",
                    "--purpose=a test")
                .out())
        .startsWith("ip_");
    assertThat(command(site, 0, "audit", "list").out()).contains("reveal", "mask");
    assertThat(command(site, 0, "audit", "verify").exitCode()).isZero();
    assertThat(command(site, 0, "dlq", "list").out()).contains("NOT_JSON", "CONTRACT");
    String id =
        JsonMapper.builder()
            .build()
            .readTree(command(site, 0, "dlq", "list", "--each", "--json", "--limit=1").out())
            .get("id")
            .asText();
    assertThat(command(site, 0, "dlq", "show", id).out()).contains(id);
    command(
        site, 0, "dlq", "export", "out.jsonl", "--reason=CONTRACT", "--raw", "--purpose=a test");
    command(site, 2, "dlq", "import", "out.jsonl"); // nothing was corrected
    assertThat(command(site, 0, "dlq", "replay", "--all", "--dry-run").exitCode()).isZero();
    command(site, 0, "dlq", "purge", "--reason=NOT_JSON", "--older-than=1s", "--yes");
    String keyset = site.environment().get("CAMELEON_KEYSET");
    command(site, 0, "keys", "rotate", "--keyset", keyset, "--out", "new.json");
    command(site, 0, "keys", "list");
    site.with("CAMELEON_KEYSET", folder.resolve("new.json").toString());
    command(site, 0, "run", "--until-empty", "--timeout", "50s");
    command(site, 0, "keys", "retokenize");
    command(site, 2, "erase");
    command(site, 2, "vault", "prune");
    assertThat(command(site, 0, "generate-completion").out()).contains("cameleon");
  }

  private Program.Result command(Site site, int exitCode, String... arguments) throws Exception {
    Program.Result result = Program.run(site.environment(), folder, arguments);
    assertThat(result.exitCode())
        .as("%s: %s%s", List.of(arguments), result.out(), result.err())
        .isEqualTo(exitCode);
    return result;
  }
}
