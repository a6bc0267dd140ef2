package dev.cameleon.cli.console;

import dev.cameleon.privacy.ProgressPause;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Waits, and reports the time left and the reason every ten seconds.
 *
 * @param err receives the reports
 */
public record Countdown(PrintWriter err) implements ProgressPause {
  private static final Duration TICK = Duration.ofSeconds(10);

  @Override
  public void await(Duration time, String why) throws InterruptedException {
    Duration left = time;
    while (left.toMillis() > 0) {
      err.printf("Waiting until %s: %d s left%n", why, left.toSeconds());
      err.flush();
      Duration some = left.compareTo(TICK) < 0 ? left : TICK;
      TimeUnit.MILLISECONDS.sleep(some.toMillis());
      left = left.minus(some);
    }
  }
}
