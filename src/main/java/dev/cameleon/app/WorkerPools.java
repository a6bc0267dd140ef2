package dev.cameleon.app;

import dev.cameleon.config.Settings;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The process's own threads. Pools are bounded and their queues unbounded: the limit of messages in
 * flight bounds the queues, and a queue that rejected work would lose messages without an outcome.
 *
 * @param loaders run load.sql
 * @param deadLetterers send dead letters
 * @param deleters delete messages from SQS and return them
 * @param extenders extend visibility; not the deleters, which may be few
 * @param clock runs periodic tasks: probes, the summary, the cleanup of the ledger
 */
record WorkerPools(
    ExecutorService loaders,
    ExecutorService deadLetterers,
    ThreadPoolExecutor deleters,
    ThreadPoolExecutor extenders,
    ScheduledExecutorService clock)
    implements AutoCloseable {

  /** Some calls may hang until their time-out; others must still get through. */
  private static final int LEAST_DELETERS = 4;

  /**
   * 10 000 messages in flight need a thousand calls. At a round trip of 200 ms, 64 parallel calls
   * take 3 s for them. {@link dev.cameleon.sqs.VisibilityExtender} uses as many of these as it
   * needs.
   */
  static final int MOST_EXTENDERS = 64;

  static WorkerPools of(Settings.Load load) {
    return new WorkerPools(
        Executors.newFixedThreadPool(load.loaders(), named("loader")),
        Executors.newFixedThreadPool(1, named("dead-letterer")),
        pool(load.deleters(), "deleter"),
        pool(MOST_EXTENDERS, "extender"),
        Executors.newScheduledThreadPool(4, named("clock")));
  }

  /** A pool of at most {@code most} threads, which end when they are idle. */
  private static ThreadPoolExecutor pool(int most, String name) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            most, most, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), named(name));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /**
   * Adapts the number of parallel deletes to the number of receives: more would only compete with
   * them.
   */
  void resize(int receives) {
    int most = deleters.getMaximumPoolSize();
    deleters.setCorePoolSize(Math.min(Math.max(receives, LEAST_DELETERS), most));
  }

  /** Allows the largest number of parallel deletes, so that a stop settles the rest soon. */
  void hurry() {
    resize(deleters.getMaximumPoolSize());
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
    extenders.shutdownNow();
  }
}
