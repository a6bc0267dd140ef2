package dev.cameleon.cli.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.privacy.Audit;
import dev.cameleon.privacy.ErasureResult;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Commands;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code erase} and {@code doctor} as processes, in cases that do not wait for loaders. */
class EraseCommandTest {
  @TempDir private Path folder;

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          erase                                                         | --ticket
          erase --ticket T                                              | give either --user ID or one or more tokens
          erase --ticket T --user plantedvalue ip_11111111_AAAAAAAAAAAAAAAAAAAAAA | give either --user ID or one or more tokens
          erase --ticket T --suppress ip_11111111_AAAAAAAAAAAAAAAAAAAAAA | needs --user
          erase --ticket T plantedvalue                                 | argument 1 is not a token
          erase --ticket T ip_00000000_AAAAAAAAAAAAAAAAAAAAAA           | is a random token: its value is already erased
          """)
  void wrongUsageEndsWithTwoAndShowsNoArgument(String arguments, String message) throws Exception {
    Program.Result result = Commands.run(Map.of(), folder, arguments.split(" ", -1));

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains(message).doesNotContain("plantedvalue");
    assertThat(result.out()).isEmpty();
  }

  @Test
  void anUnknownPersonIsNotFoundAndOtherRolesMayNotErase() throws Exception {
    Site site = Site.in(folder);
    site.queues().send(List.of(Events.body(1)));
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1);
    }
    as(site, "cameleon_officer");

    Program.Result unknown = erase(site, "plantedvalue");
    Program.Result doctor = Commands.run(site.environment(), folder, "doctor");
    Program.Result json = Commands.run(site.environment(), folder, "doctor", "--json");
    site.with("CAMELEON_KEYSET", site.newKeyset("other.json").toString());
    Program.Result otherKey = erase(site, "user-1");
    as(site, "cameleon_reader");
    Program.Result reader = Commands.run(site.environment(), folder, "doctor");

    assertThat(unknown.exitCode()).isEqualTo(1);
    assertThat(unknown.err()).contains("no row has this user id").doesNotContain("plantedvalue");
    assertThat(doctor.exitCode()).as(doctor.out() + doctor.err()).isZero();
    assertThat(doctor.out()).contains("OK      rows         masked_ip by key");
    assertThat(json.out()).contains("{\"check\":\"vault\",\"result\":\"NOTE\"");
    assertThat(otherKey.exitCode()).isEqualTo(2);
    assertThat(otherKey.err()).contains("mask key is not the one");
    assertThat(reader.exitCode()).isEqualTo(1);
    assertThat(reader.err()).contains("lacks a privilege").contains("cameleon_officer");
    assertThat(site.database().number("SELECT count(*) FROM cameleon.audit WHERE act <> 'add-key'"))
        .isEqualTo(1);
    assertThat(site.database().number("SELECT count(*) FROM user_logins WHERE user_id = 'user-1'"))
        .isEqualTo(1);
  }

  @Test
  void doctorEndsWithOneIfAnythingIsWrong() throws Exception {
    Site site = Site.in(folder);
    site.queues().send(List.of(Events.body(1)));
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1);
    }
    site.database().execute("INSERT INTO user_logins (masked_ip) VALUES ('plantedvalue')");

    Program.Result result = Commands.run(site.environment(), folder, "doctor");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).contains("WRONG   old formats").doesNotContain("plantedvalue");
  }

  @Test
  void pruneReportsItsResultAndRefusesDuringARotation() throws Exception {
    Site site = Site.in(folder);
    site.queues().send(List.of(Events.body(1)));
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1);
    }
    Program.Result noTicket = Commands.run(Map.of(), folder, "vault", "prune");
    as(site, "cameleon_reader");
    Program.Result reader = prune(site);
    as(site, "cameleon_officer");
    Program.Result nothing = prune(site);
    site.database()
        .execute(
            "INSERT INTO cameleon.mask_key (key_id, check_value, follows)"
                + " SELECT 'fffffff1', 'x', key_id FROM cameleon.mask_key");
    Program.Result rotating = prune(site);

    assertThat(noTicket.exitCode()).isEqualTo(2);
    assertThat(reader.exitCode()).isEqualTo(1);
    assertThat(reader.err()).contains("cameleon_officer");
    assertThat(nothing.exitCode()).as(nothing.err()).isZero();
    assertThat(nothing.out()).contains("Vault entries deleted: 0. Ticket: T-1");
    assertThat(rotating.exitCode()).isEqualTo(1);
    assertThat(rotating.err()).contains("run keys retokenize");
  }

  @Test
  void pruneCountsWhatItDeletedAndEndsWithOneWhileATokenWaits() throws Exception {
    Recipients.add(folder, "anna");
    Site site =
        Site.in(folder).with("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString());
    site.queues().send(Events.bodies(2));
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 2);
    }
    long entries = site.database().number("SELECT count(*) FROM cameleon.vault");
    site.database()
        .execute(
            "DELETE FROM user_logins; INSERT INTO cameleon.erased_token (token, since) VALUES"
                + " ('ip_11111111_AAAAAAAAAAAAAAAAAAAAAA', clock_timestamp() + interval '1 day')");
    as(site, "cameleon_officer");

    Program.Result result =
        Impatient.run(
            site.environment(),
            new VaultCommand.PruneEntries(Impatient.MEMORY),
            "prune",
            "--ticket",
            "T-1");

    assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
    assertThat(entries).isPositive();
    assertThat(result.out())
        .contains("Vault entries deleted: " + entries + ". Ticket: T-1")
        .contains("NOT FINISHED: tokens still to erase: 1,");
    assertThat(site.database().number("SELECT count(*) FROM cameleon.vault")).isZero();
  }

  @Test
  void whatCannotBeErasedIsCountedOrItsHolderNamedAndEndsWithOne() throws Exception {
    Site site = Site.in(folder);
    site.migrate();
    try (Connection loader = site.database().connect()) {
      Keyset keys = Keyset.read(folder.resolve("mask.json"));
      assertThat(new MaskGuard(keys, Map.of()).problems(loader, Set.of())).isEmpty();
    }
    site.database()
        .execute(
            "INSERT INTO user_logins (user_id, masked_ip) VALUES ('ada', 'plantedvalue'),"
                + " ('ada', 'plantedvalue'), ('ada', NULL);"
                + " CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                + " NEW.masked_ip := OLD.masked_ip; RETURN NEW; END $$;"
                + " CREATE TRIGGER keep BEFORE UPDATE ON user_logins FOR EACH ROW"
                + " EXECUTE FUNCTION keep()");
    as(site, "cameleon_officer");

    Program.Result prevented = erase(site, "ada");
    Program.Result waited;
    Program.Result pruned;
    Program.Result retokenized;
    try (Connection other = site.database().connect();
        Statement statement = other.createStatement()) {
      site.database()
          .execute(
              "ALTER ROLE "
                  + site.environment().get("CAMELEON_DB_USER")
                  + " SET lock_timeout = '200ms'");
      statement.execute("BEGIN; LOCK TABLE cameleon.audit, cameleon.rows_lock IN EXCLUSIVE MODE");
      waited = erase(site, "ada");
      pruned = prune(site);
      retokenized = Commands.run(site.environment(), folder, "keys", "retokenize");
    }
    site.database().execute("ALTER TABLE user_logins RENAME TO other_logins");
    Program.Result lost = prune(site);

    assertThat(prevented.exitCode()).isEqualTo(1);
    assertThat(prevented.out()).isEmpty();
    assertThat(prevented.err())
        .contains("nothing was erased", "still holds values to erase in masked_ip (2 values)")
        .doesNotContain("plantedvalue");
    for (Program.Result locked : List.of(waited, pruned, retokenized)) {
      assertThat(locked.exitCode()).isEqualTo(1);
      assertThat(locked.err())
          .contains("waited too long for a lock", "locks are held by session")
          .contains("of user postgres", "cameleon.audit");
    }
    assertThat(lost.exitCode()).isEqualTo(1);
    assertThat(lost.out()).isEmpty();
    assertThat(lost.err()).contains("nothing was deleted", "user_logins");
  }

  @Test
  void theLastLineGivesTheRemedyWhileOriginalsCanBeRevealed() {
    assertThat(lastLine(0, false, false)).doesNotContain("NOT FINISHED");
    assertThat(lastLine(2, false, false)).contains("NOT FINISHED").contains("in a few minutes");
    assertThat(lastLine(2, false, true)).contains("NOT FINISHED").contains("run keys retokenize");
    assertThat(lastLine(2, true, false)).contains("NOT FINISHED").contains("--suppress");
  }

  @Test
  void theReportNamesTheTablesThatWereSearched() {
    ErasureResult done =
        new ErasureResult(
            true,
            List.of("public.customers", "public.orders"),
            6,
            0,
            0,
            0,
            false,
            false,
            new Audit.Entry(1, "0".repeat(64)));

    assertThat(new ErasureReport(true, false, "T", done).lines())
        .anyMatch(line -> line.contains("VACUUM (ANALYZE) public.customers, public.orders, "));
  }

  private static String lastLine(long waiting, boolean arriving, boolean rotating) {
    ErasureResult done =
        new ErasureResult(
            true,
            List.of(),
            1,
            0,
            0,
            waiting,
            arriving,
            rotating,
            new Audit.Entry(1, "0".repeat(64)));
    assertThat(done.isFinished()).isEqualTo(waiting == 0);
    List<String> lines = new ErasureReport(true, false, "T", done).lines();
    return lines.get(lines.size() - 1);
  }

  private Program.Result prune(Site site) throws Exception {
    return Commands.run(site.environment(), folder, "vault", "prune", "--ticket", "T-1");
  }

  private Program.Result erase(Site site, String user) throws Exception {
    return Commands.run(site.environment(), folder, "erase", "--user", user, "--ticket", "PRIV-1");
  }

  private static void as(Site site, String role) {
    String user = role + "_of_" + site.database().name();
    site.database().execute("CREATE ROLE " + user + " LOGIN IN ROLE " + role);
    site.with("CAMELEON_DB_USER", user).with("CAMELEON_DB_PASSWORD", "x");
  }
}
