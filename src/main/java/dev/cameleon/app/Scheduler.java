package dev.cameleon.app;

import dev.cameleon.errors.OutOfMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs periodic tasks; a failed run neither ends its task nor delays others. */
public final class Scheduler {
  private static final Logger LOG = LoggerFactory.getLogger(Scheduler.class);

  private final ScheduledExecutorService clock;
  private final List<ScheduledFuture<?>> tasks = new ArrayList<>();

  /**
   * Runs tasks on these threads.
   *
   * @param clock its owner shuts it down
   */
  public Scheduler(ScheduledExecutorService clock) {
    this.clock = clock;
  }

  /** Runs a task every {@code seconds}, counted from the end of the previous run. */
  public void every(long seconds, String name, Runnable task) {
    tasks.add(
        clock.scheduleWithFixedDelay(
            () -> attempt(name, task), Math.min(seconds, 10), seconds, TimeUnit.SECONDS));
  }

  private static void attempt(String name, Runnable task) {
    try {
      task.run();
    } catch (Throwable e) { // an Error, too: otherwise the executor drops the task silently
      OutOfMemory.endIf(e);
      LOG.error("A periodic task failed, will retry. task={}", name, e);
    }
  }

  void stop() {
    tasks.forEach(task -> task.cancel(false));
  }
}
