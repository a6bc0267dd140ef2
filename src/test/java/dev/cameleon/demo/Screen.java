package dev.cameleon.demo;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Help.Ansi;

/** What the person sees: steps with their times, and on a terminal a bar that moves. */
final class Screen {
  private static final int BAR = 40;

  /** UTF-8 whatever the locale: in the locale C the JVM would print question marks. */
  private final PrintStream out =
      new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);

  private final boolean terminal = Ansi.AUTO.enabled();
  private boolean drawn;

  /** A step that takes a while. */
  @FunctionalInterface
  interface Step<T> {
    T run() throws Exception;
  }

  /** Shows what is being done, does it, and shows how long it took. */
  <T> T step(String name, Step<T> step) throws Exception {
    long start = System.nanoTime();
    out.print(String.format("  %-64s", name));
    out.flush();
    T result = step.run();
    lines(List.of(seconds(start)));
    return result;
  }

  /** Moves the bar, on a terminal. */
  synchronized void progress(long done, long all) {
    if (terminal) {
      int full = (int) Math.min(BAR, BAR * done / all);
      out.printf(
          Locale.ROOT,
          "\r  %s%s %,d of %,d messages ",
          "█".repeat(full),
          "░".repeat(BAR - full),
          done,
          all);
      out.flush();
      drawn = true;
    }
  }

  /** Removes the bar. */
  synchronized void clear() {
    if (drawn) {
      out.print("\r\u001b[2K");
      drawn = false;
    }
  }

  /** Prints these. */
  synchronized void lines(List<String> lines) {
    lines.forEach(out::println);
    out.flush();
  }

  private static String seconds(long sinceNanos) {
    return String.format(Locale.ROOT, "%5.1f s", (System.nanoTime() - sinceNanos) / 1e9);
  }
}
