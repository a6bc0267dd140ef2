package dev.cameleon.settle;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;

/**
 * Settles deliveries with the source queue: deletes what is committed or accepted, gives back what
 * is not. Batches of 10 (the limit of SQS) in parallel; what fails is tried again a few times. A
 * message that cannot be deleted comes back and ends as a duplicate.
 */
public final class Acknowledger {
  private static final Logger LOG = LoggerFactory.getLogger(Acknowledger.class);

  /** AWS: a batch request has at most 10 entries. */
  static final int ENTRIES_PER_CALL = 10;

  private static final int ATTEMPTS = 4;
  private static final long FIRST_PAUSE_MILLIS = 50;
  private static final int LONGEST_DELAY_SECONDS = 300;

  private final SqsClient sqs;
  private final Queue source;
  private final Deliveries deliveries;
  private final ExecutorService calls;

  /**
   * Makes one.
   *
   * @param calls makes the calls to SQS; its queue is bounded by what may be in hand
   */
  public Acknowledger(SqsClient sqs, Queue source, Deliveries deliveries, ExecutorService calls) {
    this.sqs = sqs;
    this.source = source;
    this.deliveries = deliveries;
    this.calls = calls;
  }

  /** One call for up to 10 deliveries; returns the failed ones. */
  private interface Call {
    List<BatchResultErrorEntry> make(List<Delivery> chunk);
  }

  /**
   * Their rows are committed.
   *
   * @param rows the messages of one statement
   * @param inserted how many of them were new; the ledger had the others
   */
  public void loaded(Collection<Delivery> rows, int inserted) {
    List<Delivery> all = List.copyOf(rows);
    // Which of them were the duplicates is not told, and does not matter: all are deleted.
    int loaded = Math.max(0, Math.min(inserted, all.size()));
    delete(all.subList(0, loaded), Outcome.LOADED);
    delete(all.subList(loaded, all.size()), Outcome.DUPLICATE);
  }

  /** The dead-letter queue accepted them. */
  public void deadLettered(Collection<Delivery> accepted) {
    delete(List.copyOf(accepted), Outcome.DEAD_LETTERED);
  }

  /** They cannot be finished here, for no fault of their own: makes them visible again at once. */
  public void returned(Collection<Delivery> unfinished) {
    giveBack(unfinished, delivery -> 0);
  }

  /**
   * They failed here, and may fail again: makes them visible again later, the more often they were
   * received the later, so that they neither spin nor rush into the queue's redrive.
   */
  public void postponed(Collection<Delivery> failed) {
    postponed(failed, true);
  }

  /**
   * The same.
   *
   * @param others whether others succeed meanwhile: if not, all of them may have to come back often
   *     before the fault is mended, so each stays away for the longest time from its second receipt
   */
  public void postponed(Collection<Delivery> failed, boolean others) {
    giveBack(failed, delivery -> delaySeconds(delivery.receiveCount(), others));
  }

  static int delaySeconds(int receiveCount, boolean others) {
    int before = receiveCount - 1;
    return others || before == 0
        ? Math.min(LONGEST_DELAY_SECONDS, 5 << Math.min(10, before))
        : LONGEST_DELAY_SECONDS;
  }

  private void giveBack(Collection<Delivery> unfinished, ToIntFunction<Delivery> seconds) {
    inChunks(
        List.copyOf(unfinished),
        Outcome.RETURNED,
        "given back",
        chunk -> Visibility.change(sqs, source, chunk, seconds));
  }

  private void delete(List<Delivery> finished, Outcome outcome) {
    inChunks(finished, outcome, "deleted", this::delete);
  }

  private void inChunks(List<Delivery> all, Outcome outcome, String done, Call call) {
    List<List<Delivery>> chunks = chunks(all);
    AtomicInteger underWay = new AtomicInteger(chunks.size());
    AtomicInteger failed = new AtomicInteger();
    for (List<Delivery> chunk : chunks) {
      calls.execute(
          () -> {
            try {
              failed.addAndGet(persist(chunk, done, call));
            } finally {
              deliveries.settle(chunk, outcome);
              if (underWay.decrementAndGet() == 0 && failed.get() > 0) {
                LOG.warn(
                    "{} messages could not be {}. They come back after their visibility timeout;"
                        + " what is loaded then counts as duplicate. first={}",
                    failed.get(),
                    done,
                    all.get(0).messageId());
              }
            }
          });
    }
  }

  /** Splits into what one call takes. */
  static <T> List<List<T>> chunks(List<T> all) {
    List<List<T>> chunks = new ArrayList<>();
    for (int from = 0; from < all.size(); from += ENTRIES_PER_CALL) {
      chunks.add(all.subList(from, Math.min(from + ENTRIES_PER_CALL, all.size())));
    }
    return chunks;
  }

  /** Makes the call until it succeeded for all; returns for how many it did not. */
  private int persist(List<Delivery> chunk, String done, Call call) {
    List<Delivery> left = chunk;
    try {
      for (int attempt = 0; attempt < ATTEMPTS && !left.isEmpty(); attempt++) {
        if (attempt > 0) {
          TimeUnit.MILLISECONDS.sleep(FIRST_PAUSE_MILLIS << attempt);
        }
        left = attempt(left, done, call);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return left.size();
  }

  private static List<Delivery> attempt(List<Delivery> left, String done, Call call) {
    try {
      return retryable(left, call.make(left));
    } catch (SdkException e) {
      LOG.debug("Not {} yet: {}", done, SqsFailures.describe(e));
      return left;
    }
  }

  /** Which of those that were asked for may succeed at another try. */
  static List<Delivery> retryable(List<Delivery> asked, List<BatchResultErrorEntry> failed) {
    Set<Integer> again = new HashSet<>();
    for (BatchResultErrorEntry entry : failed) {
      if (Boolean.TRUE.equals(entry.senderFault())) {
        // A receipt that is no longer valid: the message was deleted, or received again by another.
        LOG.debug("SQS refuses a receipt: {}", entry.code());
      } else {
        again.add(Integer.parseInt(entry.id()));
      }
    }
    List<Delivery> left = new ArrayList<>();
    for (int i = 0; i < asked.size(); i++) {
      if (again.contains(i)) {
        left.add(asked.get(i));
      }
    }
    return left;
  }

  private List<BatchResultErrorEntry> delete(List<Delivery> chunk) {
    List<DeleteMessageBatchRequestEntry> entries = new ArrayList<>(chunk.size());
    for (int i = 0; i < chunk.size(); i++) {
      entries.add(
          DeleteMessageBatchRequestEntry.builder()
              .id(Integer.toString(i))
              .receiptHandle(chunk.get(i).receiptHandle())
              .build());
    }
    return sqs.deleteMessageBatch(request -> request.queueUrl(source.url()).entries(entries))
        .failed();
  }
}
