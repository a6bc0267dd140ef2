package dev.cameleon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Commands;
import dev.cameleon.support.LocalSecrets;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process with its secrets in AWS Secrets Manager: no key and no password in its settings. */
class SecretsManagerTest {
  @TempDir private Path folder;
  private final LocalSecrets secrets = LocalSecrets.start();

  @AfterEach
  void stop() {
    secrets.close();
  }

  @Test
  void aLoaderRunsWithItsKeysetAndPasswordFromThere() throws Exception {
    Site site = Site.in(folder);
    requirePassword(site, "vaulted", "pa}}ss{{aws:other}}");
    secrets
        .with("prod/mask", Files.readString(folder.resolve("mask.json")))
        .with("rds", "{\"username\": \"vaulted\", \"password\": \"pa}}ss{{aws:other}}\"}");
    secrets.environment().forEach(site::with);
    site.environment().remove("CAMELEON_KEYSET");
    site.with("CAMELEON_KEYSET_JSON", "{{aws:prod/mask}}")
        .with("CAMELEON_DB_USER", "vaulted")
        .with("CAMELEON_DB_PASSWORD", "{{aws:rds#password}}");

    Program.Result right = run(site);
    secrets.with("rds", "{\"password\": \"another\"}");
    Program.Result wrong = run(site);

    assertThat(right.exitCode()).as(right.err()).isZero();
    assertThat(site.database().number("SELECT count(*) FROM cameleon.mask_key")).isPositive();
    assertThat(wrong.exitCode()).isEqualTo(1);
    assertThat(right.err() + wrong.err()).doesNotContain("pa}}ss").doesNotContain("another");
  }

  @Test
  void keysListShowsTheKeysAndExitsWithTwoIfItMayNotReadThem() throws Exception {
    Path file = folder.resolve("mask.json");
    Commands.run(Map.of(), folder, "keys", "create", "--out", file.toString());
    secrets.with("mask", Files.readString(file)).withForbidden("forbidden");
    Files.writeString(
        folder.resolve("application.properties"), "cameleon.keyset.json={{aws:mask}}\n");
    Map<String, String> environment = secrets.environment();

    Program.Result shown = Commands.run(environment, folder, "keys", "list");
    environment.put("CAMELEON_KEYSET_JSON", "{{aws:forbidden}}");
    Program.Result denied = Commands.run(environment, folder, "keys", "list");

    assertThat(shown.exitCode()).as(shown.err()).isZero();
    assertThat(shown.out()).matches("[0-9a-f]{8}  enabled  primary\\R");
    assertThat(denied.exitCode()).isEqualTo(2);
    assertThat(denied.out()).isEmpty();
    assertThat(denied.err())
        .contains(
            "  - cameleon.keyset.json (CAMELEON_KEYSET_JSON): the secret forbidden cannot be read by this AWS user or role");
  }

  @Test
  void anUnreachableServiceAMissingRegionAndMissingCredentialsAreReported() throws Exception {
    Map<String, String> environment = secrets.environment();
    environment.put("CAMELEON_KEYSET_JSON", "{{aws:mask}}");

    environment.put("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1");
    assertRefused(environment, "the secret mask cannot be read", "cannot be reached (");
    environment.remove("AWS_ACCESS_KEY_ID");
    environment.remove("AWS_REGION");
    assertRefused(
        environment, "secret mask cannot be read", "AWS_REGION is not set", "AWS_ACCESS_KEY_ID");
  }

  private void assertRefused(Map<String, String> environment, String... said) throws Exception {
    Program.Result result = Commands.run(environment, folder, "keys", "list");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains(said);
  }

  private Program.Result run(Site site) throws Exception {
    return Commands.run(site.environment(), folder, "--until-empty", "--timeout", "30s");
  }

  /** Makes the tests' server, which trusts everybody, require a password from this role. */
  private static void requirePassword(Site site, String role, String password) throws Exception {
    site.database().execute("CREATE ROLE " + role + " LOGIN SUPERUSER PASSWORD '" + password + "'");
    Path rules = Path.of(site.database().query("SHOW hba_file").get(0).get(0));
    Files.writeString(
        rules,
        "host all " + role + " all scram-sha-256\n" + Files.readString(rules),
        StandardCharsets.UTF_8);
    site.database().query("SELECT pg_reload_conf()");
  }
}
