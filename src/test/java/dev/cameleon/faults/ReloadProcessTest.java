package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reloads of a process: by SIGHUP, by the swap of a ConfigMap, and with a death in the middle. */
class ReloadProcessTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String LOCALE = "device_id, locale,\n";

  @TempDir private Path folder;
  private Site site;

  @BeforeEach
  void begin() {
    site = Site.in(folder, 10);
  }

  @Test
  void sigHupReloadsAndChangedPropertiesAreNamedWithoutValues() throws Exception {
    assumeFalse(Program.ignoresHangUp(), "SIGHUP is ignored here (nohup), and so by children");
    Path properties = Files.writeString(folder.resolve("my.properties"), "");
    site.with("CAMELEON_CONFIG", properties.toString());
    try (Program program = Program.start(site.environment(), folder, "run")) {
      awaitLine(program, "Started the pipeline", 1);
      site.edit("load.sql", LOCALE, "device_id, 'second',\n");
      Files.writeString(properties, "cameleon.batch.rows=77\ncamel.beans.pw=hunter2hunter2\n");
      program.hangUp();
      awaitLine(program, "the new files run", 1);
      assertThat(program.err())
          .contains("A changed property needs a restart: camel.beans.pw, cameleon.batch.rows")
          .doesNotContain("77\n")
          .doesNotContain("hunter2");
      site.queues().send(Events.bodies(10));
      awaitRows("locale = 'second'", 10);

      // SIGTERM arrives during a second reload: messages in flight are still settled.
      site.queues().send(Events.bodies(500));
      program.hangUp();
      program.terminate();
      Program.Result result = program.result(PATIENCE);
      assertThat(result.exitCode()).as(result.err()).isZero();
    }
    assertThat(site.messages()).as("queue + rows + dead letters").isEqualTo(510);
    finish(510);
  }

  @Test
  void aConfigMapsSwapIsReloadedAndADeathInTheMiddleLosesNothing() throws Exception {
    Path mount = Files.createDirectories(folder.resolve("mount"));
    Path first = state(mount, "..2024_01");
    Files.createSymbolicLink(mount.resolve("..data"), first.getFileName());
    try (Stream<Path> files = Files.list(first)) {
      for (Path file : files.toList()) {
        Files.createSymbolicLink(
            mount.resolve(file.getFileName()), Path.of("..data").resolve(file.getFileName()));
      }
    }
    site.with("CAMELEON_ROUTES", mount.toString()).with("CAMELEON_RELOAD", "watch");
    try (Program program = Program.start(site.environment(), folder, "run")) {
      awaitLine(program, "Started the pipeline", 1);
      site.edit("load.sql", LOCALE, "device_id, 'swapped',\n");
      swap(mount, "..2024_02");
      awaitLine(program, "the new files run", 1);
      site.queues().send(Events.bodies(10));
      awaitRows("locale = 'swapped'", 10);

      // A bad version, and the way back to the running one.
      site.edit("load.sql", "FROM event", "FROM nowhere");
      swap(mount, "..2024_03");
      awaitLine(program, "the old ones keep running", 1);
      site.edit("load.sql", "FROM nowhere", "FROM event");
      swap(mount, "..2024_04");
      awaitLine(program, "the new files run", 2);

      site.queues().send(Events.bodies(500));
      site.edit("load.sql", "'swapped'", "'third'");
      swap(mount, "..2024_05");
      awaitLine(program, "Reloading", 4);
      program.kill();
    }
    finish(510);
    assertThat(site.database().number("SELECT count(*) FROM user_logins WHERE locale = 'third'"))
        .isPositive();
  }

  /** Runs until the queue is empty: each message is then one row. */
  private void finish(int messages) throws Exception {
    Program.Result rest =
        Program.run(site.environment(), folder, "run", "--until-empty", "--timeout", "50s");
    assertThat(rest.exitCode()).as(rest.err()).isZero();
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(messages);
    assertThat(site.queues().deadLetters()).isZero();
  }

  /** Copies the site's routes to a new folder of the mount. */
  private Path state(Path mount, String name) throws IOException {
    Path state = Files.createDirectory(mount.resolve(name));
    try (Stream<Path> files = Files.list(folder.resolve("routes"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, state.resolve(file.getFileName()));
      }
    }
    return state;
  }

  /** As the kubelet does: a new folder, and one rename of the link ..data. */
  private void swap(Path mount, String name) throws IOException {
    Path before = mount.resolve("..data").toRealPath();
    Path link = mount.resolve("..data_tmp");
    Files.createSymbolicLink(link, state(mount, name).getFileName());
    Files.move(link, mount.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    try (Stream<Path> files = Files.list(before)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(before);
  }

  private void awaitRows(String where, long count) {
    Awaitility.await(where)
        .atMost(PATIENCE)
        .until(
            () ->
                site.database().number("SELECT count(*) FROM user_logins WHERE " + where) == count);
  }

  private static void awaitLine(Program program, String text, int times) {
    Awaitility.await(text)
        .atMost(PATIENCE)
        .until(() -> program.err().split(text, -1).length > times);
  }
}
