package dev.cameleon.demo;

import dev.cameleon.mask.InvalidKeysetException;
import dev.cameleon.mask.Keyset;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.LocalPostgres;
import dev.cameleon.support.LocalSqs;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * Everything that the application needs, for one run only: an SQS, a PostgreSQL with a separate role, a keyset, and the environment variables that an operator would set.
 */
final class LocalSite {
  private static final String ROLE = "cameleon";
  private static final String DATABASE = "logins";
  private static final int END_SECONDS = 5;

  /** A process needs these of the surrounding system; everything else would be a hidden input. */
  private static final List<String> INHERITED = List.of("PATH", "HOME", "TMPDIR", "SystemRoot");

  private final Path folder;
  private final LocalPostgres postgres;
  private final LocalQueues queues;
  private final TestDatabase database;
  private final Path privateKey;
  private final Map<String, String> settings = new LinkedHashMap<>();
  private final CleanUp cleanUp;

  private LocalSite(
      CleanUp cleanUp,
      Path folder,
      LocalSqs sqs,
      LocalPostgres postgres,
      Path configuration,
      String queue)
      throws IOException {
    this.cleanUp = cleanUp;
    this.folder = folder;
    this.postgres = postgres;
    queues = new LocalQueues(sqs, queue);
    String password = HexFormat.of().formatHex(SecureRandom.getSeed(12));
    database = database(postgres, password);
    Path keyset = folder.resolve("mask.json");
    Keyset.create().write(keyset);
    settings.putAll(new TreeMap<>(sqs.environment()));
    settings.put("CAMELEON_CONFIG", configuration.resolve("application.properties").toString());
    settings.put("CAMELEON_ROUTES", configuration.resolve("routes").toString());
    settings.put("CAMELEON_DB_URL", database.url());
    settings.put("CAMELEON_DB_USER", ROLE);
    settings.put("CAMELEON_DB_PASSWORD", password);
    settings.put("CAMELEON_KEYSET", keyset.toString());
    privateKey = Recipients.add(folder, "officer");
    settings.put("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString());
    settings.put("CAMELEON_HTTP_PORT", "0");
    settings.put("LC_ALL", "C.UTF-8"); // the screen is UTF-8 in any locale
  }

  /** Starts the servers, for the shipped configuration. */
  static LocalSite start(CleanUp cleanUp) throws IOException {
    return start(cleanUp, Path.of("").toAbsolutePath(), "login-queue");
  }

  /**
   * Starts the servers.
   *
   * @param configuration the folder of application.properties and routes
   * @param queue the name of the source queue
   */
  static LocalSite start(CleanUp cleanUp, Path configuration, String queue) throws IOException {
    // It warns when the exit hook stops it, which is intended here.
    ((Logger) LoggerFactory.getLogger("org.apache.pekko")).setLevel(Level.ERROR);
    synchronized (cleanUp) {
      Path folder = Files.createTempDirectory("cameleon-demo-").toRealPath();
      cleanUp.add(() -> remove(folder));
      Path servers = Files.createDirectory(folder.resolve("postgresql"));
      LocalSqs sqs = cleanUp.add(LocalSqs.start());
      LocalPostgres postgres = cleanUp.add(LocalPostgres.start(servers));
      return new LocalSite(cleanUp, folder, sqs, postgres, configuration, queue);
    }
  }

  /** A database whose owner is not a superuser and needs a password. */
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

  /** The mask keys of this run. */
  Keyset keyset() throws InvalidKeysetException {
    return Keyset.read(folder.resolve("mask.json"));
  }

  /** The private key for the vault; in production it is kept elsewhere. */
  Path privateKey() {
    return privateKey;
  }

  /** Runs statements as the application's role, which then owns what they create. */
  void createTables(String sql) {
    database.execute("SET ROLE " + ROLE + "; " + sql);
  }

  /** Edits a copy of a route file, which the application uses from now on. */
  void edit(String name, String text, String by) throws IOException {
    Path copy = folder.resolve("routes");
    Path routes = Path.of(settings.put("CAMELEON_ROUTES", copy.toString()));
    Files.createDirectory(copy);
    try (Stream<Path> files = Files.list(routes)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    String before = Files.readString(copy.resolve(name));
    if (!before.contains(text)) {
      throw new IllegalStateException(name + " is not what the demo knows");
    }
    Files.writeString(copy.resolve(name), before.replace(text, by));
  }

  /** Starts the application on this site. */
  Program run(String... arguments) throws IOException {
    Map<String, String> environment = new LinkedHashMap<>(settings);
    for (String name : INHERITED) {
      if (System.getenv(name) != null) {
        environment.put(name, System.getenv(name));
      }
    }
    synchronized (cleanUp) {
      return cleanUp.add(Program.start(environment, folder, arguments));
    }
  }

  /** The environment variables of this site. */
  Map<String, String> settings() {
    return settings;
  }

  /** The shell commands that point to this site. */
  List<String> exports() {
    List<String> exports = new ArrayList<>();
    settings.forEach((name, value) -> exports.add("export " + name + "=" + value));
    // The aws command and boto3 read this one.
    exports.add("export AWS_DEFAULT_REGION=" + settings.get("AWS_REGION"));
    return exports;
  }

  /** The command that opens the database. */
  String psql() {
    return String.format(
        "PGPASSWORD=%s psql -h localhost -p %d -U %s %s",
        settings.get("CAMELEON_DB_PASSWORD"), postgres.port(), ROLE, DATABASE);
  }

  /**
   * Removes the folder. Its programs have normally ended by now, except a PostgreSQL that was still starting when the process was asked to end.
   */
  private static void remove(Path folder) throws IOException, InterruptedException {
    List<ProcessHandle> running =
        ProcessHandle.allProcesses()
            .filter(p -> p.info().command().orElse("").startsWith(folder.toString()))
            .toList();
    for (ProcessHandle process : running) {
      process.destroy();
    }
    for (ProcessHandle process : running) {
      try {
        process.onExit().get(END_SECONDS, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException e) {
        process.destroyForcibly();
      }
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
