package dev.cameleon.dlq;

import dev.cameleon.sqs.SqsQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/**
 * Reads the dead-letter queue, each dead letter once, and returns what was not deleted. While it is
 * read, a dead letter is hidden from everybody else; if the process is killed, for {@value
 * #HIDDEN_SECONDS} seconds more. Of what is hidden only the id and the receipt are kept.
 */
public final class DeadLetterReader implements AutoCloseable {
  /** How many calls are under way at a time. */
  public static final int CALLS = 8;

  /** The most that one reading hides: SQS allows 120 000 per queue (AWS), for all readers. */
  public static final int MOST_HIDDEN = 119_000;

  private static final int HIDDEN_SECONDS = 600;
  private static final int WAIT_SECONDS = 1;

  /** A long poll asks all of SQS's servers, but one alone proves little. */
  private static final int EMPTY_RECEIVES = 2;

  /** Why a reading ended. */
  public enum End {
    /** There are no more. */
    EMPTY,
    /** As many were read as were asked for, or the reader had enough. */
    LIMIT,
    /** SQS hides no more at a time. */
    MOST_HIDDEN,
    /** Somebody asked to stop. */
    STOPPED
  }

  /** Takes the dead letters; called by several threads at a time. */
  @FunctionalInterface
  public interface Reader {
    /** Takes a page of up to 10 dead letters that were not there before. */
    void read(List<ReceivedDeadLetter> page) throws InterruptedException;
  }

  private final SqsClient sqs;
  private final SqsQueue queue;
  private final BooleanSupplier stop;
  private final Receipts hidden = new Receipts();
  private final AtomicLong read = new AtomicLong();
  private final ReadMessages settling;
  private final int hiddenSeconds;
  private volatile boolean over;

  /**
   * Makes one; calls nothing yet.
   *
   * @param sqs a client for {@link #CALLS} calls at a time
   * @param queue the dead-letter queue
   * @param stop whether somebody asked to stop
   */
  public DeadLetterReader(SqsClient sqs, SqsQueue queue, BooleanSupplier stop) {
    this(sqs, queue, stop, HIDDEN_SECONDS);
  }

  DeadLetterReader(SqsClient sqs, SqsQueue queue, BooleanSupplier stop, int hiddenSeconds) {
    this.hiddenSeconds = hiddenSeconds;
    this.sqs = sqs;
    this.queue = queue;
    this.stop = stop;
    this.settling = new ReadMessages(sqs, queue, hidden);
  }

  /**
   * Reads; to be called once.
   *
   * @param limit how many dead letters at most
   * @param reader takes them
   * @throws SdkException if SQS does not answer; nothing is read after that
   */
  public End read(int limit, Reader reader) throws InterruptedException {
    AtomicInteger quota = new AtomicInteger(limit);
    BatchCalls.atATime(CALLS, () -> readUntilEnd(quota, reader));
    if (stop.getAsBoolean()) {
      return End.STOPPED;
    }
    if (over || quota.get() <= 0) {
      return End.LIMIT;
    }
    return hidden.size() < MOST_HIDDEN ? End.EMPTY : End.MOST_HIDDEN;
  }

  /** Ends the reading: the reader found what it looked for. */
  public void enough() {
    over = true;
  }

  /** How many dead letters were read so far. */
  public long count() {
    return read.get();
  }

  private void readUntilEnd(AtomicInteger quota, Reader reader) throws InterruptedException {
    boolean ended = false;
    try {
      readPages(quota, reader);
      ended = true;
    } finally {
      if (!ended) {
        over = true; // the other threads need not go on
      }
    }
  }

  private boolean mayGoOn() {
    return !over && !stop.getAsBoolean() && hidden.size() < MOST_HIDDEN && !hidden.cameAgain();
  }

  private void readPages(AtomicInteger quota, Reader reader) throws InterruptedException {
    int empty = 0;
    while (empty < EMPTY_RECEIVES && mayGoOn()) {
      int most = Math.min(quota.getAndAdd(-BatchCalls.ENTRIES), BatchCalls.ENTRIES);
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(hiddenSeconds);
      List<ReceivedDeadLetter> page = List.of();
      boolean some = false;
      try {
        List<Message> messages = most > 0 ? receive(most) : List.of();
        some = !messages.isEmpty();
        page = unseen(messages, until);
      } finally {
        quota.addAndGet(BatchCalls.ENTRIES - page.size());
      }
      if (most <= 0) {
        return; // the others may still be reading the last ones
      }
      empty = some ? 0 : empty + 1;
      if (!page.isEmpty()) {
        read.addAndGet(page.size());
        reader.read(page);
      }
    }
  }

  private List<Message> receive(int most) {
    return sqs.receiveMessage(
            request ->
                request
                    .queueUrl(queue.url())
                    .maxNumberOfMessages(most)
                    .visibilityTimeout(hiddenSeconds)
                    .messageAttributeNames("All")
                    .messageSystemAttributeNames(
                        MessageSystemAttributeName.SENT_TIMESTAMP,
                        MessageSystemAttributeName.DEAD_LETTER_QUEUE_SOURCE_ARN)
                    .waitTimeSeconds(WAIT_SECONDS))
        .messages();
  }

  /** Keeps the receipts; returns what was not received before. */
  private List<ReceivedDeadLetter> unseen(List<Message> messages, long untilNanos) {
    List<ReceivedDeadLetter> page = new ArrayList<>(messages.size());
    for (Message message : messages) {
      if (hidden.add(message.messageId(), message.receiptHandle(), untilNanos)) {
        page.add(ReceivedDeadLetter.of(message));
      }
    }
    return page;
  }

  /**
   * Deletes dead letters that were read, except what reappeared meanwhile: SQS would say that it
   * deleted it, and leave it.
   *
   * @param ids theirs
   * @return the ids of those that are deleted; the others are returned at the end
   */
  public List<String> delete(List<String> ids) throws InterruptedException {
    return settling.delete(ids);
  }

  /** How many were not deleted because they had been hidden for too long. */
  public long reappeared() {
    return settling.reappeared();
  }

  /** How many are hidden by this reading now. */
  public int hidden() {
    return hidden.size();
  }

  /**
   * Makes visible again what was read and not deleted.
   *
   * @param progress is told now and then how many are returned
   * @return how many SQS did not take back: they reappear by themselves within {@value
   *     #HIDDEN_SECONDS} seconds
   */
  public int returnToQueue(LongConsumer progress) throws InterruptedException {
    return settling.returnToQueue(progress);
  }

  /** Returns what is left, without a word. */
  @Override
  public void close() {
    try {
      returnToQueue(count -> {});
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
