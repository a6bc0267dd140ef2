package dev.cameleon.cli.console;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Help.Ansi;

/**
 * Shows the progress of a long command on standard error: on a terminal as one line that is
 * overwritten, elsewhere as a new line every few seconds. Shows numbers only, never data.
 * Thread-safe; code that writes to the same terminal must hold this object's lock.
 */
public final class Progress {
  private static final int BAR = 30;
  private static final String CLEAR_LINE = "\r\u001b[2K";
  private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long EVERY_NANOS_ON_TERMINAL = TimeUnit.MILLISECONDS.toNanos(100);

  private final PrintWriter err;
  private final boolean terminal;

  private String step = "";
  private long beganNanos;
  private long shownNanos;

  /** Overwrites the progress line if there is a terminal. */
  public Progress(PrintWriter err) {
    this(err, Ansi.AUTO.enabled());
  }

  /**
   * Shows progress.
   *
   * @param terminal whether to overwrite the line
   */
  public Progress(PrintWriter err, boolean terminal) {
    this.err = err;
    this.terminal = terminal;
  }

  /**
   * Shows the progress of a step. The first and the last call of each step are shown, and some in
   * between.
   *
   * @param name the step's name
   * @param done how many units are done
   * @param all how many there are; 0 if that is not known
   * @param unit what is counted, or an empty string
   */
  public synchronized void at(String name, long done, long all, String unit) {
    long now = System.nanoTime();
    boolean first = !name.equals(step);
    if (first) {
      end();
      step = name;
      beganNanos = now;
    }
    boolean last = all > 0 && done >= all;
    long every = terminal ? EVERY_NANOS_ON_TERMINAL : EVERY_NANOS;
    if (first || last || now - shownNanos >= every) {
      shownNanos = now;
      String line = line(done, all, unit, now);
      if (terminal) {
        err.print(CLEAR_LINE + line);
      } else {
        err.println(line);
      }
      err.flush();
    }
  }

  /** Clears the progress line, before a line of results on the same terminal. */
  public synchronized void clear() {
    if (terminal && !step.isEmpty()) {
      err.print(CLEAR_LINE);
      err.flush();
    }
  }

  /** Ends the progress line. */
  public synchronized void end() {
    if (terminal && !step.isEmpty()) {
      err.println();
      err.flush();
    }
    step = "";
  }

  private String line(long done, long all, String unit, long now) {
    StringBuilder line = new StringBuilder(step);
    if (all > 0 && terminal) {
      int full = (int) Math.min(BAR, BAR * done / all);
      line.append(" [").append("#".repeat(full)).append("-".repeat(BAR - full)).append(']');
    }
    if (!unit.isEmpty()) {
      line.append(String.format(Locale.ROOT, ": %,d", done));
      line.append(all > 0 ? String.format(Locale.ROOT, " of %,d ", all) : " ").append(unit);
      double seconds = (now - beganNanos) / 1e9;
      if (done > 0 && seconds > 0.1) {
        line.append(String.format(Locale.ROOT, ", %,.0f/s", done / seconds));
      }
    }
    return line.toString();
  }
}
