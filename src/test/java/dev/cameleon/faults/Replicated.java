package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Certificates;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;

/**
 * A PostgreSQL that accepts only TLS, its synchronous standby, and a network in front of it. Each
 * can fail.
 */
final class Replicated implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Certificates certificates;
  private final KillablePostgres primary;
  private final KillablePostgres standby;
  private final DatabaseProxy network;

  private Replicated(Path folder) throws Exception {
    certificates = Certificates.in(folder.resolve("tls"));
    primary = KillablePostgres.withTls(folder.resolve("primary"), certificates);
    standby = primary.standby(primary.copy(folder.resolve("standby")));
    network = DatabaseProxy.before(primary.port());
    TestDatabase database = database();
    database.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
    database.execute("SELECT pg_reload_conf()");
    Awaitility.await("a synchronous standby")
        .atMost(PATIENCE)
        .until(
            () ->
                database.number(
                        "SELECT count(*) FROM pg_stat_replication JOIN pg_stat_ssl USING (pid)"
                            + " WHERE sync_state = 'sync' AND ssl")
                    == 1);
  }

  /** Starts all parts, with their data in this folder. */
  static Replicated in(Path folder) throws Exception {
    return new Replicated(folder);
  }

  /** The URL for clients, through the network, with full verification. */
  String url() {
    return network.url("postgres") + "?sslmode=verify-full&sslrootcert=" + certificates.ca();
  }

  /** The primary's database, bypassing the network; statements do not wait for the standby. */
  TestDatabase database() {
    return new TestDatabase(
        primary.database().url() + "?options=-c%20synchronous_commit=local", "postgres");
  }

  /** Cuts the clients' connections; returns how many there were. */
  int cut() {
    return network.cut();
  }

  /** The primary, to be killed and started again. */
  KillablePostgres primary() {
    return primary;
  }

  /** The standby, to be killed and started again; nothing is committed meanwhile. */
  KillablePostgres standby() {
    return standby;
  }

  /** Asserts that the standby has the same rows, and the same messages in the ledger. */
  void assertStandbyHasTheSame() {
    String end = database().query("SELECT pg_current_wal_lsn()").get(0).get(0);
    Awaitility.await("the standby at the primary's last change")
        .atMost(PATIENCE)
        .until(
            () ->
                standby
                        .database()
                        .number(
                            "SELECT CASE WHEN pg_last_wal_replay_lsn() >= '"
                                + end
                                + "' THEN 1 ELSE 0 END")
                    == 1);
    for (String table : List.of("user_logins", "cameleon.ingested_message", "cameleon.vault")) {
      String all =
          "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM " + table + " t";
      assertThat(standby.database().query(all)).as(table).isEqualTo(database().query(all));
    }
  }

  @Override
  public void close() throws IOException {
    network.close();
    standby.close();
    primary.close();
  }
}
