package dev.cameleon.sqs;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;

/** Makes a batch call a few times, each time for what has failed so far. */
final class BatchRetry {
  private static final Logger LOG = LoggerFactory.getLogger(BatchRetry.class);

  /** Beyond those of the SDK, which does not retry a 403 or a single entry's failure. */
  static final int ATTEMPTS = 4;

  private static final long FIRST_PAUSE_MILLIS = 50;

  private BatchRetry() {}

  /** One call for up to 10 deliveries; returns the failed ones, by their index. */
  interface Call {
    List<BatchResultErrorEntry> make(List<Delivery> chunk);
  }

  /**
   * For which deliveries the calls failed.
   *
   * @param why the last failure, or an empty string
   */
  record Left(List<Delivery> deliveries, String why) {}

  /**
   * Makes the call until it succeeded for all, or so many times.
   *
   * @param chunk at most 10
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
    } catch (RuntimeException e) { // nothing is known to be done: of the SDK or not
      LOG.debug("A call to SQS failed: {}", SqsErrors.describe(e));
      return new Left(asked, SqsErrors.describe(e));
    }
  }

  /** Which of those that were asked for may succeed at another try. */
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
