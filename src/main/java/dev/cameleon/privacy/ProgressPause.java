package dev.cameleon.privacy;

import java.time.Duration;

/** Waits, and says so to the person who waits as well. */
@FunctionalInterface
public interface ProgressPause {
  /**
   * Waits.
   *
   * @param why what for, in words
   */
  void await(Duration time, String why) throws InterruptedException;
}
