package dev.cameleon.demo;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Undoes everything at the end, in reverse order: at the normal end, after a failure and after Ctrl-C. Code that starts something must hold this object's lock until it is added here, so that nothing half started escapes.
 */
final class CleanUp implements AutoCloseable {
  private final Deque<AutoCloseable> things = new ArrayDeque<>();
  private boolean closed;
  private volatile boolean interrupted;

  /** Creates an instance that also cleans up when the process is asked to end. */
  static CleanUp atExit() {
    CleanUp cleanUp = new CleanUp();
    Runtime.getRuntime().addShutdownHook(new Thread(cleanUp::interrupt, "clean-up"));
    return cleanUp;
  }

  private void interrupt() {
    interrupted = true;
    close();
  }

  /** Whether the process was asked to end, so that further failures do not matter. */
  boolean isInterrupted() {
    return interrupted;
  }

  /** Adds something to undo; returns it. */
  synchronized <T extends AutoCloseable> T add(T thing) {
    if (closed) {
      quietly(thing);
      throw new IllegalStateException("stopped");
    }
    things.push(thing);
    return thing;
  }

  /** Undoes everything. A second call does nothing. */
  @Override
  public synchronized void close() {
    closed = true;
    while (!things.isEmpty()) {
      quietly(things.pop());
    }
  }

  private static void quietly(AutoCloseable thing) {
    try {
      thing.close();
    } catch (Exception e) {
      System.err.println("Could not clean up: " + e);
    }
  }
}
