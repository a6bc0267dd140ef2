package dev.cameleon.privacy;

import java.time.Duration;

/** Waits, and reports the wait to the operator. */
@FunctionalInterface
public interface ProgressPause {
  /**
   * Waits.
   *
   * @param why the reason, in words for the operator
   */
  void await(Duration time, String why) throws InterruptedException;
}
