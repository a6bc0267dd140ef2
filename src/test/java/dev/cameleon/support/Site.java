package dev.cameleon.support;

import dev.cameleon.app.DatabasePreflight;
import dev.cameleon.config.Settings;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.UnreachableException;
import dev.cameleon.mask.Keyset;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Everything that one run of Cameleon needs, for one test: queues, a database, a keyset, and a copy
 * of the shipped routes that the test may edit.
 */
public final class Site {
  private static final Path REPOSITORY = Path.of("").toAbsolutePath();

  private final Path folder;
  private final TestQueues queues;
  private final TestDatabase database;
  private final Map<String, String> environment = new HashMap<>();

  private Site(Path folder, TestQueues queues, TestDatabase database) {
    this.folder = folder;
    this.queues = queues;
    this.database = database;
    copyRoutes(folder.resolve("routes"));
    environment.putAll(Shared.sqs().environment());
    environment.putAll(queues.environment());
    environment.putAll(database.environment());
    environment.put("CAMELEON_ROUTES", folder.resolve("routes").toString());
    environment.put("CAMELEON_KEYSET", newKeyset("mask.json").toString());
    environment.put("CAMELEON_HTTP_PORT", "0");
  }

  /** A site in an empty folder. */
  public static Site in(Path folder) {
    return in(folder, 30);
  }

  /** A site whose source queue has this visibility timeout. */
  public static Site in(Path folder, int visibilitySeconds) {
    return new Site(folder, TestQueues.create(visibilitySeconds), Shared.postgres().migrated());
  }

  /** A site with queues in a service of the test's own. */
  public static Site in(Path folder, int visibilitySeconds, LocalSqs sqs) {
    Site site =
        new Site(folder, TestQueues.create(visibilitySeconds, sqs), Shared.postgres().migrated());
    site.environment.putAll(sqs.environment());
    return site;
  }

  /** A site whose database has no tables yet. */
  public static Site onEmptyDatabase(Path folder) {
    return onEmptyDatabase(folder, 30);
  }

  /** The same with this visibility timeout of the source queue. */
  public static Site onEmptyDatabase(Path folder, int visibilitySeconds) {
    return new Site(folder, TestQueues.create(visibilitySeconds), Shared.postgres().database());
  }

  /** A site with FIFO queues. */
  public static Site fifo(Path folder, int visibilitySeconds) {
    return new Site(folder, TestQueues.fifo(visibilitySeconds), Shared.postgres().migrated());
  }

  private static void copyRoutes(Path target) {
    Path shipped = REPOSITORY.resolve("routes");
    try (Stream<Path> files = Files.walk(shipped)) {
      for (Path file : files.toList()) {
        Path copy = target.resolve(shipped.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a new keyset into the folder. */
  public Path newKeyset(String name) {
    try {
      Path file = folder.resolve(name);
      Keyset.create().write(file);
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Replaces text in a route file, contract or SQL; the text must be there. */
  public void edit(String file, String text, String by) {
    try {
      Path path = folder.resolve("routes").resolve(file);
      String before = Files.readString(path);
      if (!before.contains(text)) {
        throw new IllegalArgumentException(file + " does not contain: " + text);
      }
      Files.writeString(path, before.replace(text, by));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adds text to the end of a route file. */
  public void append(String file, String text) {
    try {
      Files.writeString(folder.resolve("routes").resolve(file), text, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sets an environment variable of the runs. */
  public Site with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** The environment of the runs. */
  public Map<String, String> environment() {
    return environment;
  }

  /** The test's folder. */
  public Path folder() {
    return folder;
  }

  /** The test's queues. */
  public TestQueues queues() {
    return queues;
  }

  /**
   * The total number of messages on the source queue, in the table and on the dead-letter queue.
   * While none is in flight, this must be the number of messages sent, independently of a process's
   * own account.
   */
  public long messages() {
    return queues.left()
        + database.number("SELECT count(*) FROM user_logins")
        + queues.deadLetters();
  }

  /** Applies the migrations, for a test that changes the tables before the first run. */
  public void migrate() throws InvalidSettingsException, UnreachableException {
    DatabasePreflight.migrate(Settings.read(environment).database().owner());
  }

  /** The test's database. */
  public TestDatabase database() {
    return database;
  }
}
