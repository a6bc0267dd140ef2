package dev.cameleon.demo;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Help.Ansi;

/** The display: steps with their times, and a progress bar on a terminal. */
final class Screen {
  private static final int BAR = 40;
  private static final String CLEAR_LINE = "\r\u001b[2K";

  /** UTF-8 in any locale, because in the locale C the JVM would print question marks. */
  private final PrintStream out =
      new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);

  private final boolean terminal = Ansi.AUTO.enabled();
  private String current = "";

  /** A step that takes a while. */
  @FunctionalInterface
  interface Step<T> {
    T run() throws Exception;
  }

  /** Shows a step's name, runs the step, and shows its duration. */
  <T> T step(String name, Step<T> step) throws Exception {
    long start = System.nanoTime();
    current = String.format("  %-64s", name);
    out.print(current);
    out.flush();
    T result = step.run();
    lines(List.of(seconds(start)));
    return result;
  }

  /** Draws the bar over the name of the step, on a terminal. */
  void progress(long done, long all) {
    if (terminal) {
      int full = (int) Math.min(BAR, BAR * done / all);
      out.print(CLEAR_LINE + "  " + "█".repeat(full) + "░".repeat(BAR - full));
      out.print(
          done == 0
              ? " the application starts"
              : String.format(Locale.ROOT, " %,d of %,d messages", done, all));
      out.flush();
    }
  }

  /** Shows the name of the step again. */
  void endProgress() {
    if (terminal) {
      out.print(CLEAR_LINE + current);
    }
  }

  /** Prints lines. */
  void lines(List<String> lines) {
    lines.forEach(out::println);
    out.flush();
  }

  private static String seconds(long sinceNanos) {
    return String.format(Locale.ROOT, "%5.1f s", (System.nanoTime() - sinceNanos) / 1e9);
  }
}
