package dev.cameleon;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The process's own threads. Fixed pools with unbounded queues: what may queue is bounded by what
 * may be in hand, and a queue that refused work would lose the account.
 *
 * @param loaders run load.sql
 * @param deadLetterers send dead letters
 * @param deleters delete from SQS
 * @param clock runs what is due: probes, the summary, the upkeep
 */
record Threads(
    ExecutorService loaders,
    ExecutorService deadLetterers,
    ThreadPoolExecutor deleters,
    ScheduledExecutorService clock)
    implements AutoCloseable {

  static Threads of(Settings settings) {
    return new Threads(
        Executors.newFixedThreadPool(settings.loaders(), named("loader")),
        Executors.newFixedThreadPool(1, named("dead-letterer")),
        deleters(settings.deleters()),
        Executors.newScheduledThreadPool(4, named("clock")));
  }

  private static ThreadPoolExecutor deleters(int most) {
    return new ThreadPoolExecutor(
        most, most, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), named("deleter"));
  }

  /**
   * So many receives may be under way now: as many deletes, so that neither waits for the other.
   */
  void resize(int receives) {
    deleters.setCorePoolSize(Math.min(receives, deleters.getMaximumPoolSize()));
  }

  private static ThreadFactory named(String name) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  @Override
  public void close() {
    clock.shutdownNow();
    loaders.shutdownNow();
    deadLetterers.shutdownNow();
    deleters.shutdownNow();
  }
}
