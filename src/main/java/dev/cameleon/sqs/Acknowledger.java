package dev.cameleon.sqs;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Settles deliveries with the source queue: deletes messages that are committed or dead-lettered,
 * and returns the others. Calls SQS in parallel, with batches of 10 (its limit). A failed call is
 * retried a few times; a failed delete is retried until it succeeds or the process stops (see
 * {@link Deletions}).
 */
public final class Acknowledger {
  private static final Logger LOG = LoggerFactory.getLogger(Acknowledger.class);

  static final int ATTEMPTS = 4;

  private static final int LONGEST_DELAY_SECONDS = 300;

  private final SqsBatchCalls source;
  private final InFlightMessages inFlight;
  private final ExecutorService calls;
  private final Deletions deletions;

  /** Ignored messages that wait for their delete. */
  private final List<Delivery> ignored = new ArrayList<>(SqsBatchCalls.ENTRIES_PER_CALL);

  /**
   * Settles the deliveries of one source queue.
   *
   * @param gate closes while messages cannot be deleted
   * @param calls runs the calls to SQS; its queue is bounded by the limit of messages in flight
   */
  public Acknowledger(
      SqsBatchCalls source, InFlightMessages inFlight, ReceiveGate gate, ExecutorService calls) {
    this.source = source;
    this.inFlight = inFlight;
    this.calls = calls;
    this.deletions = new Deletions(source, inFlight, calls, gate);
  }

  /**
   * Deletes messages whose rows are committed.
   *
   * @param rows the messages of one statement
   * @param inserted how many rows were new; the others were in the ledger
   */
  public void loaded(Collection<Delivery> rows, int inserted) {
    List<Delivery> all = List.copyOf(rows);
    // The database does not report which rows were duplicates. That only matters for the counts,
    // because all messages are deleted.
    int loaded = Math.max(0, Math.min(inserted, all.size()));
    deletions.delete(all.subList(0, loaded), Outcome.LOADED);
    deletions.delete(all.subList(loaded, all.size()), Outcome.DUPLICATE);
  }

  /** Deletes messages that the dead-letter queue accepted. */
  public void deadLettered(Collection<Delivery> accepted) {
    deletions.delete(List.copyOf(accepted), Outcome.DEAD_LETTERED);
  }

  /**
   * Deletes the message of an exchange of the ingest route that the contract ignores. The delete
   * waits up to a second for nine others, so that one call deletes ten.
   */
  public void ignored(Exchange exchange) {
    DeliveryTracking.passOn(exchange)
        .ifPresent(
            delivery -> {
              synchronized (ignored) {
                ignored.add(delivery);
                if (ignored.size() >= SqsBatchCalls.ENTRIES_PER_CALL) {
                  deleteIgnored();
                }
              }
            });
  }

  private void deleteIgnored() {
    synchronized (ignored) {
      deletions.delete(List.copyOf(ignored), Outcome.IGNORED);
      ignored.clear();
    }
  }

  /** Returns messages that did not fail but cannot be finished here, visible again at once. */
  public void returned(Collection<Delivery> unfinished) {
    returnToQueue(unfinished, delivery -> 0);
  }

  /**
   * Returns messages that failed and may fail again. They are visible again after a delay, which
   * doubles with each receive up to 300 s, so that they neither loop nor soon reach the queue's
   * redrive limit.
   */
  public void postponed(Collection<Delivery> failed) {
    postponed(failed, true);
  }

  /**
   * Returns messages that failed, after a delay.
   *
   * @param others whether other messages succeed meanwhile. If not, each message may come back many
   *     times before the fault is corrected, so the delay is 300 s from the second receive on
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
    inFlight.returning(all);
    List<List<Delivery>> chunks = SqsBatchCalls.chunks(all);
    AtomicInteger underWay = new AtomicInteger(chunks.size());
    AtomicInteger failed = new AtomicInteger();
    for (List<Delivery> chunk : chunks) {
      calls.execute(
          () -> {
            try {
              failed.addAndGet(returnChunk(chunk, seconds));
            } finally {
              inFlight.settle(chunk, Outcome.RETURNED);
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
    return SqsBatchCalls.retry(
            chunk,
            ATTEMPTS,
            some -> source.changeVisibility(some, Delivery::receiptHandle, seconds))
        .failed()
        .size();
  }

  /** Makes pending deletes and retries failed ones. To be called once a second. */
  public void retryDeletes() {
    deleteIgnored();
    deletions.retry();
  }

  /**
   * Stops retrying failed deletes when the process stops; those messages come back as duplicates.
   */
  public void endDeletes() {
    deletions.end();
  }
}
