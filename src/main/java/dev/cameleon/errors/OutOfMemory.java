package dev.cameleon.errors;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a process that ran out of memory. The work of a thread that died is picked up by no other
 * thread, and the other threads would soon fail, too; SQS still has all unsettled messages.
 */
public final class OutOfMemory {
  private static final Logger LOG = LoggerFactory.getLogger(OutOfMemory.class);

  /** The same as with {@code -XX:+ExitOnOutOfMemoryError}. */
  public static final int EXIT_CODE = 3;

  private static final int DEEPEST_CAUSE = 20;

  private OutOfMemory() {}

  /** Ends the process at once if this failure is, or was caused by, an OutOfMemoryError. */
  public static void endIf(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < DEEPEST_CAUSE; depth++) {
      if (cause instanceof OutOfMemoryError) {
        end();
      }
      cause = cause.getCause();
    }
  }

  private static void end() {
    try {
      LOG.error(
          "Out of memory: the process ends, and its messages reappear on the queue."
              + " Raise the heap (-Xmx), or lower cameleon.in-flight.megabytes.");
    } finally {
      Runtime.getRuntime().halt(EXIT_CODE); // even if there is no memory for the log line
    }
  }
}
