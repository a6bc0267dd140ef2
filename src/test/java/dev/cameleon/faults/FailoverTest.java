package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.LocalPostgres;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.Site;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real standby takes over from a primary that is killed; the URL names both. */
class FailoverTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path folder;

  @Test
  void aUrlWithBothHostsGoesOnAtTheNewPrimary() throws Exception {
    Path data = folder.resolve("primary");
    KillablePostgres primary = new KillablePostgres(data);
    primary.close(); // a clean copy needs no pg_basebackup, which the test's PostgreSQL lacks
    Path copy = copyOf(data);
    try (KillablePostgres first = new KillablePostgres(data);
        EmbeddedPostgres standby = standby(copy, first.database().url())) {
      TestDatabase old = first.database();
      TestDatabase next = databaseOf(standby);
      // The standby comes first in the URL, so that the choice of the primary is visible.
      Site site = Site.in(folder.resolve("site")).with("CAMELEON_DB_URL", both(next, old));
      try (FaultScenario trial = FaultScenario.on(site, next)) {
        assertThat(old.query("SELECT pg_is_in_recovery()::text").get(0)).containsExactly("false");
        assertThat(next.query("SELECT pg_is_in_recovery()::text").get(0)).containsExactly("true");
        // Only a standby that the primary waits for has the rows of all deleted messages.
        old.execute("ALTER SYSTEM SET synchronous_standby_names = '*'");
        old.execute("SELECT pg_reload_conf()");
        Awaitility.await("a synchronous standby")
            .atMost(PATIENCE)
            .until(
                () ->
                    old.number("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")
                        == 1);
        trial.send(100);
        trial.awaitAllLoaded();

        first.kill();
        trial.send(100);
        trial.awaitDown("");
        next.execute("SELECT pg_promote()");
        trial.awaitAllLoaded();

        trial.assertEachMessageWasReceivedOnceAndIsOneRow();
      }
    }
  }

  private static String both(TestDatabase standby, TestDatabase primary) {
    return "jdbc:postgresql://"
        + host(standby)
        + ","
        + host(primary)
        + "/postgres?targetServerType=primary";
  }

  private static String host(TestDatabase database) {
    return database.url().split("/", -1)[2];
  }

  private static TestDatabase databaseOf(EmbeddedPostgres server) {
    return new TestDatabase(
        "jdbc:postgresql://localhost:" + server.getPort() + "/postgres", "postgres");
  }

  private static EmbeddedPostgres standby(Path data, String primaryUrl) throws IOException {
    String port = primaryUrl.replaceAll(".*:(\\d+)/.*", "$1");
    Files.writeString(
        data.resolve("postgresql.auto.conf"),
        "primary_conninfo = 'host=localhost user=postgres port=" + port + "'\n");
    return LocalPostgres.builder()
        .setDataDirectory(data)
        .setCleanDataDirectory(false)
        .setServerConfig("fsync", "off")
        .start();
  }

  private Path copyOf(Path data) throws IOException {
    Path copy = folder.resolve("standby");
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.toList()) {
        Files.copy(
            file,
            copy.resolve(data.relativize(file).toString()),
            java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    Files.createFile(copy.resolve("standby.signal"));
    return copy;
  }
}
