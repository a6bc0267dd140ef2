package dev.cameleon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The classes that {@code run} loads: those that only other commands need would slow down its
 * start.
 */
class RunClassesTest {
  @TempDir private Path folder;

  @Test
  void runLoadsNoClassOfJdbiOrOpenTelemetry() throws Exception {
    Site site = Site.in(folder);
    site.queues().send(List.of(Events.body(1)));
    Path classes = folder.resolve("classes.txt");
    try (Program run =
        Program.startWithHeap(
            "-Xmx256m -XX:TieredStopAtLevel=1 -Xlog:class+load:file=" + classes,
            site.environment(),
            folder,
            "run")) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .until(() -> site.database().number("SELECT count(*) FROM user_logins") == 1);
      run.terminate();
      run.result();
    }

    assertThat(Files.readAllLines(classes))
        .anyMatch(line -> line.contains("dev.cameleon.cli.privacy.EraseCommand"))
        .noneMatch(line -> line.contains("org.jdbi."))
        .noneMatch(line -> line.contains(" io.opentelemetry."));
  }
}
