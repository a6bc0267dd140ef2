package dev.cameleon.sqs;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * Settles deliveries with the source queue: deletes what is committed or accepted, returns what is
 * not. Batches of 10 (the limit of SQS) in parallel; what fails is tried again a few times, and
 * what cannot be deleted then, for as long as it takes (see {@link Deletions}).
 */
public final class Acknowledger {
  private static final Logger LOG = LoggerFactory.getLogger(Acknowledger.class);

  /** AWS: a batch request has at most 10 entries. */
  public static final int ENTRIES_PER_CALL = 10;

  private static final int LONGEST_DELAY_SECONDS = 300;

  private final SqsClient sqs;
  private final SqsQueue source;
  private final InFlightMessages deliveries;
  private final ExecutorService calls;
  private final Deletions deletions;

  /**
   * Settles the deliveries of one source queue.
   *
   * @param gate is shut while messages cannot be deleted
   * @param calls makes the calls to SQS; its queue is bounded by what may be in flight
   */
  public Acknowledger(
      SqsClient sqs,
      SqsQueue source,
      InFlightMessages deliveries,
      ReceiveGate gate,
      ExecutorService calls) {
    this.sqs = sqs;
    this.source = source;
    this.deliveries = deliveries;
    this.calls = calls;
    this.deletions = new Deletions(sqs, source, deliveries, calls, gate);
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
    returnToQueue(unfinished, delivery -> 0);
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
   *     before the fault is corrected, so each stays away for the longest time from its second
   *     receipt
   */
  public void postponed(Collection<Delivery> failed, boolean others) {
    returnToQueue(failed, delivery -> delaySeconds(delivery.receiveCount(), others));
  }

  static int delaySeconds(int receiveCount, boolean others) {
    int before = receiveCount - 1;
    return others || before == 0
        ? Math.min(LONGEST_DELAY_SECONDS, 5 << Math.min(10, before))
        : LONGEST_DELAY_SECONDS;
  }

  private void returnToQueue(Collection<Delivery> unfinished, ToIntFunction<Delivery> seconds) {
    List<Delivery> all = List.copyOf(unfinished);
    List<List<Delivery>> chunks = chunks(all);
    AtomicInteger underWay = new AtomicInteger(chunks.size());
    AtomicInteger failed = new AtomicInteger();
    for (List<Delivery> chunk : chunks) {
      calls.execute(
          () -> {
            try {
              failed.addAndGet(returnChunk(chunk, seconds));
            } finally {
              deliveries.settle(chunk, Outcome.RETURNED);
              if (underWay.decrementAndGet() == 0 && failed.get() > 0) {
                LOG.warn(
                    "Could not return {} messages. They reappear after their"
                        + " visibility timeout. first={}",
                    failed.get(),
                    all.get(0).messageId());
              }
            }
          });
    }
  }

  private int returnChunk(List<Delivery> chunk, ToIntFunction<Delivery> seconds) {
    return BatchRetry.persist(
            chunk,
            BatchRetry.ATTEMPTS,
            left -> VisibilityExtender.change(sqs, source, left, seconds))
        .deliveries()
        .size();
  }

  private void delete(List<Delivery> finished, Outcome outcome) {
    deletions.delete(finished, outcome);
  }

  /** Tries again what could not be deleted. To be called once a second. */
  public void retryDeletes() {
    deletions.retry();
  }

  /** Settles what could not be deleted, for a stop: it comes back as a duplicate. */
  public void endDeletes() {
    deletions.end();
  }

  /** Splits into what one call takes. */
  public static <T> List<List<T>> chunks(List<T> all) {
    List<List<T>> chunks = new ArrayList<>();
    for (int from = 0; from < all.size(); from += ENTRIES_PER_CALL) {
      chunks.add(all.subList(from, Math.min(from + ENTRIES_PER_CALL, all.size())));
    }
    return chunks;
  }
}
