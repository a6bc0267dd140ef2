package dev.cameleon.demo;

import dev.cameleon.mask.Keyset;
import dev.cameleon.support.LocalPostgres;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.LocalSqs;
import dev.cameleon.support.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Everything that the application needs, made for one run and gone after it: an SQS, a PostgreSQL
 * with a role of its own, a keyset, and the environment variables that an operator would set.
 */
final class LocalSite implements AutoCloseable {
  private static final String ROLE = "cameleon";
  private static final String DATABASE = "logins";

  /** A process needs these of the surrounding system; everything else would be a hidden input. */
  private static final List<String> INHERITED = List.of("PATH", "HOME", "TMPDIR", "SystemRoot");

  private final Path folder;
  private final LocalSqs sqs;
  private final LocalPostgres postgres;
  private final LocalQueues queues;
  private final TestDatabase database;
  private final Map<String, String> settings = new LinkedHashMap<>();
  private Program program;
  private boolean closed;

  private LocalSite(Path folder, LocalSqs sqs, LocalPostgres postgres) throws IOException {
    this.folder = folder;
    this.sqs = sqs;
    this.postgres = postgres;
    queues = new LocalQueues(sqs);
    String password = HexFormat.of().formatHex(SecureRandom.getSeed(12));
    database = database(postgres, password);
    Path keyset = folder.resolve("mask.json");
    Keyset.create().write(keyset);
    Path repository = Path.of("").toAbsolutePath();
    settings.putAll(sqs.environment());
    settings.put("CAMELEON_CONFIG", repository.resolve("application.properties").toString());
    settings.put("CAMELEON_ROUTES", repository.resolve("routes").toString());
    settings.put("CAMELEON_DB_URL", database.url());
    settings.put("CAMELEON_DB_USER", ROLE);
    settings.put("CAMELEON_DB_PASSWORD", password);
    settings.put("CAMELEON_KEYSET", keyset.toString());
    settings.put("CAMELEON_HTTP_PORT", "0");
  }

  /** Starts the servers. */
  static LocalSite start() throws IOException {
    Path folder = Files.createTempDirectory("cameleon-demo-");
    // Its binaries and data too: nothing is left behind.
    System.setProperty("ot.epg.working-dir", folder.resolve("postgresql").toString());
    return new LocalSite(folder, LocalSqs.start(), LocalPostgres.start());
  }

  /** A database whose owner is not the superuser and has to give a password. */
  private static TestDatabase database(LocalPostgres postgres, String password) throws IOException {
    TestDatabase first = postgres.database();
    first.execute("CREATE ROLE " + ROLE + " LOGIN PASSWORD '" + password + "'");
    first.execute("CREATE DATABASE " + DATABASE + " OWNER " + ROLE);
    Path rules = Path.of(first.query("SHOW hba_file").get(0).get(0));
    Files.writeString(rules, "host all " + ROLE + " all scram-sha-256\n" + Files.readString(rules));
    first.execute("SELECT pg_reload_conf()");
    return new TestDatabase(
        "jdbc:postgresql://localhost:" + postgres.port() + "/" + DATABASE, DATABASE);
  }

  LocalQueues queues() {
    return queues;
  }

  TestDatabase database() {
    return database;
  }

  /** Where the queues are, for people. */
  String sqsAddress() {
    return sqs.endpoint().toString();
  }

  /** Where the database is, for people. */
  String databaseAddress() {
    return "localhost:" + postgres.port() + "/" + DATABASE;
  }

  /** The server's version, e.g. 18.4. */
  String postgresVersion() {
    return database.query("SELECT split_part(version(), ' ', 2)").get(0).get(0);
  }

  /** Starts the application on this site. */
  synchronized Program run(String... arguments) throws IOException {
    if (closed) {
      throw new IOException("stopped");
    }
    Map<String, String> environment = new LinkedHashMap<>(settings);
    for (String name : INHERITED) {
      if (System.getenv(name) != null) {
        environment.put(name, System.getenv(name));
      }
    }
    program = Program.start(environment, folder, arguments);
    return program;
  }

  /** The commands with which a shell comes to this site. */
  List<String> exports() {
    return settings.entrySet().stream()
        .map(setting -> "export " + setting.getKey() + "=" + setting.getValue())
        .toList();
  }

  /** The command that opens the database. */
  String psql() {
    return String.format(
        "PGPASSWORD=%s psql -h localhost -p %d -U %s %s",
        settings.get("CAMELEON_DB_PASSWORD"), postgres.port(), ROLE, DATABASE);
  }

  /** Stops everything and removes the folder. A second call does nothing. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (program != null) {
      program.close();
    }
    sqs.close();
    postgres.close();
    remove(folder);
  }

  private static void remove(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      System.err.println("Could not remove " + folder + " (" + e.getClass().getSimpleName() + ")");
    }
  }
}
