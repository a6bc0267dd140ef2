package dev.cameleon.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** The progress display of a long command. */
class ProgressTest {
  private final StringWriter shown = new StringWriter();

  @Test
  void withoutATerminalAStepIsALineAtItsBeginningAndItsEnd() {
    Progress progress = new Progress(new PrintWriter(shown), false);

    for (int page = 0; page <= 1200; page++) {
      progress.at("rewriting", page, 1200, "pages");
    }
    progress.at("looking", 0, 0, "");
    progress.end();

    assertThat(shown.toString().lines().map(line -> line.replaceAll(", [0-9,]+/s", "")))
        .containsExactly(
            "rewriting: 0 of 1,200 pages", "rewriting: 1,200 of 1,200 pages", "looking");
  }

  @Test
  void onATerminalOneLineMovesAndIsEndedOnce() {
    Progress progress = new Progress(new PrintWriter(shown), true);

    progress.at("rewriting", 0, 4, "pages");
    progress.at("rewriting", 4, 4, "pages");
    progress.end();
    progress.end();

    assertThat(shown.toString())
        .contains("rewriting [" + "-".repeat(30) + "]: 0 of 4 pages")
        .contains("rewriting [" + "#".repeat(30) + "]: 4 of 4 pages")
        .containsOnlyOnce(System.lineSeparator());
  }
}
