package dev.cameleon.dlq;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;

/**
 * Makes SQS batch calls of ten entries, several at a time, and repeats them for the entries that
 * failed.
 */
final class BatchCalls {
  /** AWS: the most entries of one call. */
  static final int ENTRIES = 10;

  private static final int ATTEMPTS = 4;
  private static final long FIRST_PAUSE_MILLIS = 100;

  /** A call for up to {@link #ENTRIES} items. */
  @FunctionalInterface
  interface Call<T> {
    /** Makes the call; returns the failed entries, each with its item's index as its id. */
    List<BatchResultErrorEntry> make(List<T> some);
  }

  /** The work of one thread. */
  @FunctionalInterface
  interface Work {
    void run() throws InterruptedException;
  }

  private BatchCalls() {}

  static <T> List<List<T>> chunks(List<T> all) {
    List<List<T>> chunks = new ArrayList<>();
    for (int from = 0; from < all.size(); from += ENTRIES) {
      chunks.add(all.subList(from, Math.min(from + ENTRIES, all.size())));
    }
    return chunks;
  }

  /** Makes the calls for all items; returns those that failed each time. */
  static <T> List<T> forAll(List<T> all, Call<T> call) throws InterruptedException {
    List<T> failed = new ArrayList<>();
    for (List<T> chunk : chunks(all)) {
      List<T> left = chunk;
      for (int attempt = 0; attempt < ATTEMPTS && !left.isEmpty(); attempt++) {
        if (attempt > 0) {
          TimeUnit.MILLISECONDS.sleep(FIRST_PAUSE_MILLIS << attempt);
        }
        left = once(left, call);
      }
      failed.addAll(left);
    }
    return failed;
  }

  private static <T> List<T> once(List<T> some, Call<T> call) {
    try {
      return call.make(some).stream().map(entry -> some.get(Integer.parseInt(entry.id()))).toList();
    } catch (SdkException e) {
      return some; // the client has retried already, where that may help
    }
  }

  /**
   * Runs the work in {@code count} threads and waits for all of them.
   *
   * @throws RuntimeException or an Error: the first failure
   */
  static void atATime(int count, Work work) throws InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(count);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        all.add(
            threads.submit(
                () -> {
                  work.run();
                  return null;
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      threads.shutdown();
      threads.awaitTermination(1, TimeUnit.HOURS);
    }
  }
}
