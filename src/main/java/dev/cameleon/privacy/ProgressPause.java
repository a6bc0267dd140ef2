package dev.cameleon.privacy;

import java.time.Duration;

/** Waits, and reports it to the operator. */
@FunctionalInterface
public interface ProgressPause {
  /**
   * Waits.
   *
   * @param why what for, in words for the operator
   */
  void await(Duration time, String why) throws InterruptedException;
}
