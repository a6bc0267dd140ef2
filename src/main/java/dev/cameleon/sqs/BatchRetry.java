package dev.cameleon.sqs;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;

/** Repeats an SQS batch call a few times, each time with only the entries that failed. */
final class BatchRetry {
  private static final Logger LOG = LoggerFactory.getLogger(BatchRetry.class);

  /**
   * In addition to the SDK's own retries, which cover neither a 403 nor the failure of a single
   * entry.
   */
  static final int ATTEMPTS = 4;

  private static final long FIRST_PAUSE_MILLIS = 50;

  private BatchRetry() {}

  /**
   * One call for up to 10 deliveries; returns the failed entries, whose id is the delivery's index.
   */
  interface Call {
    List<BatchResultErrorEntry> make(List<Delivery> chunk);
  }

  /**
   * The deliveries for which the calls failed.
   *
   * @param why the last failure, or an empty string
   */
  record Left(List<Delivery> deliveries, String why) {}

  /**
   * Repeats the call until all entries succeeded or {@code attempts} are used up.
   *
   * @param chunk at most 10 deliveries
   */
  static Left persist(List<Delivery> chunk, int attempts, Call call) {
    Left left = new Left(chunk, "");
    try {
      for (int attempt = 0; attempt < attempts && !left.deliveries().isEmpty(); attempt++) {
        if (attempt > 0) {
          TimeUnit.MILLISECONDS.sleep(FIRST_PAUSE_MILLIS << attempt);
        }
        left = attempt(left.deliveries(), call);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return left;
  }

  private static Left attempt(List<Delivery> asked, Call call) {
    try {
      return retryable(asked, call.make(asked));
    } catch (RuntimeException e) { // of the SDK or not: no entry is known to have succeeded
      LOG.debug("A call to SQS failed: {}", SqsErrors.describe(e));
      return new Left(asked, SqsErrors.describe(e));
    }
  }

  /** The deliveries whose entry failed and may succeed when retried. */
  static Left retryable(List<Delivery> asked, List<BatchResultErrorEntry> failed) {
    Set<Integer> again = new HashSet<>();
    String why = "";
    for (BatchResultErrorEntry entry : failed) {
      if (SqsErrors.isForGood(entry)) {
        // A receipt that is no longer valid: the message was deleted, or received again by another.
        LOG.debug("SQS refused a receipt handle: {}", entry.code());
      } else {
        again.add(Integer.parseInt(entry.id()));
        why = "SQS answered " + entry.code();
      }
    }
    List<Delivery> left = new ArrayList<>();
    for (int i = 0; i < asked.size(); i++) {
      if (again.contains(i)) {
        left.add(asked.get(i));
      }
    }
    return new Left(left, why);
  }
}
