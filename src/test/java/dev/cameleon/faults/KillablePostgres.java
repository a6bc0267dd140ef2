package dev.cameleon.faults;

import dev.cameleon.support.Certificates;
import dev.cameleon.support.LocalPostgres;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.stream.Stream;

/** A PostgreSQL for one test, which can be killed and started again on its data. */
final class KillablePostgres implements AutoCloseable {
  /** The remains of a killed server may delay its successor. */
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

  private final Path data;
  private final Certificates certificates;
  private EmbeddedPostgres server;

  /** Starts a server with its data in this folder. */
  KillablePostgres(Path data) throws IOException {
    this(data, null);
  }

  private KillablePostgres(Path data, Certificates certificates) throws IOException {
    this.data = data;
    this.certificates = certificates;
    this.server = builder().start();
  }

  /** Starts a server that accepts only TLS, even from its standby. */
  static KillablePostgres withTls(Path data, Certificates certificates) throws IOException {
    KillablePostgres postgres = new KillablePostgres(data, certificates);
    postgres.database().rule("hostnossl all,replication all all reject");
    return postgres;
  }

  private EmbeddedPostgres.Builder builder() {
    EmbeddedPostgres.Builder builder =
        LocalPostgres.builder()
            .setDataDirectory(data)
            .setCleanDataDirectory(false)
            .setPGStartupWait(START_TIMEOUT)
            .setServerConfig("synchronous_commit", "on")
            .setServerConfig("wal_retrieve_retry_interval", "200ms")
            .setServerConfig("fsync", "off");
    return certificates == null ? builder : LocalPostgres.withTls(builder, certificates);
  }

  /** Its port, which {@link #startAgain} keeps. */
  int port() {
    return server.getPort();
  }

  /** Its database. */
  TestDatabase database() {
    return new TestDatabase(
        "jdbc:postgresql://localhost:" + server.getPort() + "/postgres", "postgres");
  }

  /** Copies its data while it runs, for a {@link #standby}. */
  Path copy(Path target) throws IOException, SQLException {
    try (Connection connection = database().connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_backup_start('copy', true)");
      try (Stream<Path> files = Files.walk(data)) {
        for (Path file : files.toList()) {
          Path to = target.resolve(data.relativize(file));
          if (!file.getFileName().toString().startsWith("postmaster.")) {
            Files.copy(file, to);
          }
        }
      }
      statement.execute("SELECT pg_backup_stop()");
    }
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwx------"));
    return target;
  }

  /** Starts a standby of that name on a copy of its data. */
  KillablePostgres standby(Path copy) throws IOException {
    Files.createFile(copy.resolve("standby.signal"));
    Files.writeString(
        copy.resolve("postgresql.auto.conf"),
        "primary_conninfo = 'host=localhost port="
            + server.getPort()
            + " user=postgres application_name=standby"
            + (certificates == null ? "" : " sslmode=verify-full sslrootcert=" + certificates.ca())
            + "'\n");
    return new KillablePostgres(copy, certificates);
  }

  /** Sends SIGKILL to the server; its backends end when they notice. */
  void kill() throws IOException {
    String pid = Files.readAllLines(data.resolve("postmaster.pid")).get(0);
    ProcessHandle postmaster = ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    postmaster.destroyForcibly();
    postmaster.onExit().join();
  }

  /** Starts the killed server again, on its port. */
  void startAgain() throws IOException {
    int port = server.getPort();
    server.close();
    server = builder().setPort(port).start();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
