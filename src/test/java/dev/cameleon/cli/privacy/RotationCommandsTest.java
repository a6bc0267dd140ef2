package dev.cameleon.cli.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.db.AdvisoryLock;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.support.Commands;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code keys rotate} and {@code keys retokenize} as processes: exit code, output and errors. */
class RotationCommandsTest {
  @TempDir private Path folder;

  @Test
  void rotateWritesAKeysetThatEndsWithANewPrimaryAndSaysHowToUseIt() throws Exception {
    Commands.run(Map.of(), folder, "keys", "create", "--out", "keys/mask.json");
    Keyset before = Keyset.read(folder.resolve("keys/mask.json"));

    // In the folder, because the default keyset is the one of the working folder.
    Program.Result result = Program.run(Map.of(), folder, "keys", "rotate", "--out", "new.json");

    Keyset after = Keyset.read(folder.resolve("new.json"));
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(after.olderIds()).containsExactly(before.currentId());
    assertThat(result.out())
        .startsWith(
            "Wrote new.json with the new key "
                + after.currentId()
                + " after "
                + before.currentId()
                + ".")
        .contains("every loader")
        .contains("keys retokenize");
    assertThat(result.err()).isEmpty();
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("new.json"))))
        .isEqualTo("rw-------");
    Program.Result listed =
        Commands.run(Map.of(), folder, "keys", "list", "--json", "--keyset", "new.json");
    assertThat(JsonMapper.builder().build().readTree(listed.out()).findValuesAsText("primary"))
        .containsExactly("false", "true");
  }

  @Test
  void rotateNeverOverwritesAndNeedsAKeyset() throws Exception {
    Commands.run(Map.of(), folder, "keys", "create", "--out", "mask.json");
    String before = Files.readString(folder.resolve("mask.json"));

    Program.Result onto =
        Commands.run(
            Map.of(), folder, "keys", "rotate", "--keyset", "mask.json", "--out", "mask.json");
    Program.Result none =
        Commands.run(Map.of(), folder, "keys", "rotate", "--keyset", "no.json", "--out", "x.json");

    assertThat(onto.exitCode()).isEqualTo(1);
    assertThat(onto.err()).contains("never overwritten");
    assertThat(Files.readString(folder.resolve("mask.json"))).isEqualTo(before);
    assertThat(none.exitCode()).isEqualTo(2);
    assertThat(none.err()).contains("no keyset at no.json");
    assertThat(folder.resolve("x.json")).doesNotExist();
  }

  @Test
  void retokenizeEndsTheRotationAndTheOldKeysetIsRefusedFromThenOn() throws Exception {
    Site site = loaded();
    Map<String, String> officer = officer(site, rotate(site));

    Program.Result result = Commands.run(officer, folder, "keys", "retokenize", "--json");
    Program.Result again = Commands.run(officer, folder, "keys", "retokenize");
    Program.Result old = Commands.run(site.environment(), folder, "--until-empty");

    assertThat(result.exitCode()).as(result.err()).isZero();
    JsonNode json = JsonMapper.builder().build().readTree(result.out());
    Keyset rotated = Keyset.read(folder.resolve("mask-2.json"));
    assertThat(json.get("key").asText()).isEqualTo(rotated.currentId());
    assertThat(json.get("retired").get(0).asText()).isEqualTo(rotated.olderIds().get(0));
    assertThat(json.get("rows").asLong()).isEqualTo(20);
    assertThat(json.get("tokensOfUnknownKeys")).isEmpty();
    assertThat(json.get("auditHead").asText()).matches("[0-9a-f]{64}");
    assertThat(result.err()).contains("rewriting user_logins: 1 of 1 pages");
    assertThat(again.exitCode()).isZero();
    assertThat(again.out())
        .contains("Rewrote 0 rows")
        .contains("from older keys to key " + rotated.currentId())
        .contains("Retired: " + rotated.olderIds().get(0));
    assertThat(old.exitCode()).isEqualTo(2);
    assertThat(old.err()).contains("was retired on");
  }

  @Test
  void anEraseInARotationEndsWithOneAndSaysWhatToDo() throws Exception {
    Site site = begun();
    Map<String, String> officer = officer(site, rotate(site));
    try (Connection rotation = site.database().connect()) {
      Keyset rotated = Keyset.read(folder.resolve("mask-2.json"));
      assertThat(new MaskGuard(rotated, Map.of()).newestKeyProblem(rotation)).isEmpty();
    }

    Program.Result result =
        Impatient.run(
            officer,
            new EraseCommand(Impatient.MEMORY),
            "erase",
            "--user",
            "plantedvalue",
            "--suppress",
            "--ticket",
            "T");

    assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
    assertThat(result.out())
        .contains("later events are loaded with random values")
        .contains("NOT FINISHED: originals can still be revealed", "run keys retokenize")
        .doesNotContain("plantedvalue");
  }

  @Test
  void aSecondRetokenizeIsRefusedWhileOneRuns() throws Exception {
    Site site = begun();
    Map<String, String> officer = officer(site, rotate(site));

    try (Connection other = site.database().connect()) {
      assertThat(AdvisoryLock.LOGINS.take(other)).isTrue();
      Program.Result result = Commands.run(officer, folder, "keys", "retokenize");

      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.err())
          .contains("another erase, keys retokenize or vault prune is running")
          .containsPattern("session \\d+ of user postgres since \\d{4}-");
    }
  }

  @Test
  void retokenizeWithAForeignKeysetIsWrongConfigurationAndChangesNothing() throws Exception {
    Site site = begun();

    Program.Result result =
        Commands.run(officer(site, site.newKeyset("other.json")), folder, "keys", "retokenize");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("mask key is not the one");
    assertThat(result.out()).isEmpty();
    assertThat(site.database().number("SELECT count(*) FROM cameleon.mask_key")).isEqualTo(1);
  }

  @Test
  void retokenizeAsALoaderFailsAndSaysThatAPrivilegeIsMissing() throws Exception {
    Site site = begun();
    Map<String, String> loader = login(site, rotate(site), "cameleon_loader");

    Program.Result result = Commands.run(loader, folder, "keys", "retokenize");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("lacks a privilege").contains("run keys retokenize again");
  }

  /** A database without rows that knows the keyset. */
  private Site begun() throws Exception {
    Site site = Site.in(folder);
    site.migrate();
    try (Connection loader = site.database().connect()) {
      Keyset keys = Keyset.read(folder.resolve("mask.json"));
      assertThat(new MaskGuard(keys, Map.of()).problems(loader, Set.of())).isEmpty();
    }
    return site;
  }

  private Site loaded() throws Exception {
    Site site = Site.in(folder);
    site.queues().send(Events.bodies(20));
    Program.Result result =
        Commands.run(site.environment(), folder, "--until-empty", "--timeout", "30s");
    assertThat(result.exitCode()).as(result.err()).isZero();
    return site;
  }

  private Path rotate(Site site) throws Exception {
    Program.Result result =
        Commands.run(site.environment(), folder, "keys", "rotate", "--out", "mask-2.json");
    assertThat(result.exitCode()).as(result.err()).isZero();
    return folder.resolve("mask-2.json");
  }

  private Map<String, String> officer(Site site, Path keyset) {
    return login(site, keyset, "cameleon_officer");
  }

  private static Map<String, String> login(Site site, Path keyset, String role) {
    String user = role + "_of_" + site.database().name();
    site.database().execute("CREATE ROLE " + user + " LOGIN PASSWORD 'x' IN ROLE " + role);
    Map<String, String> environment = new HashMap<>(site.environment());
    environment.put("CAMELEON_KEYSET", keyset.toString());
    environment.put("CAMELEON_DB_USER", user);
    environment.put("CAMELEON_DB_PASSWORD", "x");
    return environment;
  }
}
