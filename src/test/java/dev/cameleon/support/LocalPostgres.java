package dev.cameleon.support;

import dev.cameleon.db.Database;
import dev.cameleon.db.Migrations;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import org.flywaydb.core.Flyway;

/** A real PostgreSQL from Maven artifacts, one per JVM; each test gets its own database. */
public final class LocalPostgres implements AutoCloseable {
  private static final AtomicInteger DATABASES = new AtomicInteger();

  /** Below the ports that systems give to clients, and to servers that ask for any. */
  private static final int FIRST_PORT = 20_000;

  private static final int PORTS = 10_000;

  /** Each JVM begins somewhere else. */
  private static final AtomicInteger NEXT_PORT =
      new AtomicInteger((int) (ProcessHandle.current().pid() * 16 % PORTS));

  /** Connections for queries, by the database's URL: tests ask often until something is true. */
  private static final Map<String, Deque<Connection>> IDLE = new ConcurrentHashMap<>();

  /** The library's own 10 s are too short on a machine that is busy with a build. */
  private static final Duration START_TIMEOUT = Duration.ofSeconds(30);

  private final EmbeddedPostgres server;
  private final List<TestDatabase> databases = new ArrayList<>();
  private TestDatabase migrated;

  private LocalPostgres(EmbeddedPostgres server) {
    this.server = server;
  }

  /**
   * Starts a server on a free port. Even if it is killed, it loses no commit, because {@code fsync}
   * only matters for a crash of the machine.
   */
  public static LocalPostgres start() {
    return start(builder());
  }

  /**
   * The same with its data in memory, if the system has a file system in it: a database is some 300
   * files, which disks write slowly.
   */
  static LocalPostgres startInMemory() {
    EmbeddedPostgres.Builder builder = builder();
    MemoryFolder.create()
        .ifPresent(
            folder ->
                builder
                    .setDataDirectory(folder.resolve("data"))
                    .setServerConfig("max_wal_size", "128MB"));
    return start(builder);
  }

  /**
   * Starts a server with its programs and data in this folder, for a caller with its own exit hook.
   * The server has none, because two hooks that stop it would interfere.
   */
  public static LocalPostgres start(Path folder) {
    return start(
        builder()
            .setRegisterShutdownHook(false)
            .setOverrideWorkingDirectory(folder.toFile())
            .setDataDirectory(folder.resolve("data")));
  }

  /** Starts a server with TLS that accepts the authority's client certificates. */
  public static LocalPostgres start(Certificates certificates) {
    return start(withTls(builder(), certificates));
  }

  /**
   * A builder of a server with a port of its own. The library would choose any free port before it
   * creates the data; in these seconds, another process may take it.
   */
  public static EmbeddedPostgres.Builder builder() {
    while (true) {
      int port = FIRST_PORT + NEXT_PORT.getAndIncrement() % PORTS;
      try (ServerSocket free = new ServerSocket(port)) {
        return EmbeddedPostgres.builder().setPort(free.getLocalPort());
      } catch (IOException e) {
        // somebody has it: the next one
      }
    }
  }

  /** Enables TLS on a server. Clients may also connect without it. */
  public static EmbeddedPostgres.Builder withTls(
      EmbeddedPostgres.Builder builder, Certificates certificates) {
    return builder
        .setServerConfig("ssl", "on")
        .setServerConfig("ssl_ca_file", certificates.ca().toString())
        .setServerConfig("ssl_cert_file", certificates.certificate("server").toString())
        .setServerConfig("ssl_key_file", certificates.key("server", "key").toString());
  }

  private static LocalPostgres start(EmbeddedPostgres.Builder builder) {
    try {
      return new LocalPostgres(
          builder
              .setServerConfig("synchronous_commit", "on")
              .setServerConfig("fsync", "off")
              // With each new database come checkpoints and autovacuum's workers, which cost more
              // than the tests' own statements.
              .setServerConfig("full_page_writes", "off")
              .setServerConfig("autovacuum", "off")
              .setPGStartupWait(START_TIMEOUT)
              .start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Creates an empty database. */
  public TestDatabase database() {
    return createFrom("template1");
  }

  /** A new database with the current schema. */
  public synchronized TestDatabase migrated() {
    if (migrated == null) {
      migrated = create("migrated", "template1");
      try {
        Migrations.migrate(new Database.Login(migrated.url(), "postgres", "postgres"));
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }
    return createFrom(migrated.name());
  }

  private synchronized TestDatabase createFrom(String template) {
    TestDatabase created = create("test_" + DATABASES.incrementAndGet(), template);
    databases.add(created);
    return created;
  }

  /** Drops all databases that were created. */
  synchronized void dropAll() {
    while (!databases.isEmpty()) {
      drop(databases.remove(databases.size() - 1));
    }
  }

  private TestDatabase create(String name, String template) {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      // A copy of the files takes less time than one through the WAL.
      statement.execute(
          "CREATE DATABASE " + name + " TEMPLATE " + template + " STRATEGY FILE_COPY");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return new TestDatabase("jdbc:postgresql://localhost:" + server.getPort() + "/" + name, name);
  }

  /** Drops a database, even with open connections. */
  public void drop(TestDatabase database) {
    IDLE.remove(database.url());
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP DATABASE " + database.name() + " WITH (FORCE)");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The port. */
  public int port() {
    return server.getPort();
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * One database.
   *
   * @param url its JDBC URL
   * @param name its name
   */
  public record TestDatabase(String url, String name) {
    /** The environment variables for this database. */
    public Map<String, String> environment() {
      return Map.of("CAMELEON_DB_URL", url);
    }

    /** Adds a first rule to pg_hba.conf, for the whole server. */
    public void rule(String line) {
      try {
        Path rules = Path.of(query("SHOW hba_file").get(0).get(0));
        Files.writeString(rules, line + "\n" + Files.readString(rules));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      execute("SELECT pg_reload_conf()");
    }

    /** Creates the schema of an older version, with the migrations up to this one. */
    public void migrateTo(String version) {
      Flyway.configure()
          .dataSource(url, "postgres", "postgres")
          .schemas("cameleon")
          .target(version)
          .load()
          .migrate();
    }

    /** A connection as its owner. */
    public Connection connect() throws SQLException {
      return java.sql.DriverManager.getConnection(url, "postgres", "postgres");
    }

    /** Runs a statement. */
    public void execute(String sql) {
      try (Connection connection = connect();
          Statement statement = connection.createStatement()) {
        statement.execute(sql);
      } catch (SQLException e) {
        throw new IllegalStateException(sql, e);
      }
    }

    /**
     * The rows of a query, each as its columns' texts. Its connection is used again: it must leave
     * no state in its session.
     */
    public List<List<String>> query(String sql) {
      try {
        Deque<Connection> idle = IDLE.computeIfAbsent(url, any -> new ConcurrentLinkedDeque<>());
        Connection connection = usable(idle.poll());
        try (Statement statement = connection.createStatement();
            ResultSet result = statement.executeQuery(sql)) {
          return rows(result);
        } finally {
          idle.push(connection);
        }
      } catch (SQLException e) {
        throw new IllegalStateException(sql, e);
      }
    }

    private Connection usable(Connection idle) throws SQLException {
      return idle != null && idle.isValid(10) ? idle : connect();
    }

    private static List<List<String>> rows(ResultSet result) throws SQLException {
      List<List<String>> rows = new ArrayList<>();
      while (result.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.add(result.getString(i));
        }
        rows.add(row);
      }
      return rows;
    }

    /** The one number of a query. */
    public long number(String sql) {
      return Long.parseLong(query(sql).get(0).get(0));
    }
  }
}
