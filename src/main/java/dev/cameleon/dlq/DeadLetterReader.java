package dev.cameleon.dlq;

import dev.cameleon.sqs.SqsBatchCalls;
import dev.cameleon.sqs.SqsQueue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
 * Reads the dead-letter queue, each dead letter once, and returns those that were not deleted.
 * Meanwhile a dead letter is hidden from all other readers; if the process is killed, it stays
 * hidden for up to {@value #HIDDEN_SECONDS} seconds more. Of hidden dead letters only the id and
 * the receipt handle are kept in memory.
 */
public final class DeadLetterReader implements AutoCloseable {
  /** How many receives run at a time. */
  public static final int CALLS = 8;

  /**
   * The most messages that one reader hides: SQS allows 120 000 in flight per queue for all readers
   * (AWS).
   */
  public static final int MOST_HIDDEN = 119_000;

  private static final int HIDDEN_SECONDS = 600;
  private static final int WAIT_SECONDS = 1;

  /** Attempts at deletes and returns; the pauses between them are 1.5 s in all. */
  private static final int ATTEMPTS = 5;

  /**
   * A long poll asks all servers of SQS, but a single empty answer does not prove that the queue is
   * empty.
   */
  private static final int EMPTY_RECEIVES = 2;

  /** Why reading ended. */
  public enum End {
    /** The queue has no more dead letters. */
    EMPTY,
    /** The limit was reached, or the reader called {@link #enough}. */
    LIMIT,
    /** SQS does not allow more messages in flight. */
    MOST_HIDDEN,
    /** The operator asked to stop. */
    STOPPED
  }

  /** Processes dead letters; called by several threads at a time. */
  @FunctionalInterface
  public interface Reader {
    /** Processes a page of up to 10 dead letters that were not read before. */
    void read(List<ReceivedDeadLetter> page) throws InterruptedException;
  }

  private final SqsBatchCalls calls;
  private final BooleanSupplier stop;
  private final Receipts hidden = new Receipts();
  private final AtomicLong read = new AtomicLong();
  private final AtomicLong reappeared = new AtomicLong();
  private final int hiddenSeconds;
  private volatile boolean over;

  /**
   * Prepares to read one dead-letter queue; calls nothing yet.
   *
   * @param sqs a client for {@link #CALLS} calls at a time
   * @param queue the dead-letter queue
   * @param stop whether the operator asked to stop
   */
  public DeadLetterReader(SqsClient sqs, SqsQueue queue, BooleanSupplier stop) {
    this(sqs, queue, stop, HIDDEN_SECONDS);
  }

  DeadLetterReader(SqsClient sqs, SqsQueue queue, BooleanSupplier stop, int hiddenSeconds) {
    this.hiddenSeconds = hiddenSeconds;
    this.calls = new SqsBatchCalls(sqs, queue);
    this.stop = stop;
  }

  /**
   * Reads the queue; to be called once.
   *
   * @param limit how many dead letters at most
   * @param reader processes them
   * @throws SdkException if SQS does not answer; nothing is read after that
   */
  public End read(int limit, Reader reader) throws InterruptedException {
    AtomicInteger quota = new AtomicInteger(limit);
    inParallel(
        () -> {
          try {
            readPages(quota, reader);
          } catch (Throwable e) {
            over = true; // the other threads stop too
            throw e;
          }
          return null;
        });
    if (stop.getAsBoolean()) {
      return End.STOPPED;
    }
    if (over || quota.get() <= 0) {
      return End.LIMIT;
    }
    return hidden.size() < MOST_HIDDEN ? End.EMPTY : End.MOST_HIDDEN;
  }

  /** Ends reading, because the reader has found enough. */
  public void enough() {
    over = true;
  }

  /** How many dead letters were read so far. */
  public long count() {
    return read.get();
  }

  private boolean mayGoOn() {
    return !over && !stop.getAsBoolean() && hidden.size() < MOST_HIDDEN && !hidden.cameAgain();
  }

  private void readPages(AtomicInteger quota, Reader reader) throws InterruptedException {
    int empty = 0;
    while (empty < EMPTY_RECEIVES && mayGoOn()) {
      int most =
          Math.min(
              quota.getAndAdd(-SqsBatchCalls.ENTRIES_PER_CALL), SqsBatchCalls.ENTRIES_PER_CALL);
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(hiddenSeconds);
      List<ReceivedDeadLetter> page = List.of();
      boolean some = false;
      try {
        List<Message> messages = most > 0 ? receive(most) : List.of();
        some = !messages.isEmpty();
        page = unseen(messages, until);
      } finally {
        quota.addAndGet(SqsBatchCalls.ENTRIES_PER_CALL - page.size());
      }
      if (most <= 0) {
        return; // others may still be processing the last page
      }
      empty = some ? 0 : empty + 1;
      if (!page.isEmpty()) {
        read.addAndGet(page.size());
        reader.read(page);
      }
    }
  }

  private List<Message> receive(int most) {
    return calls
        .sqs()
        .receiveMessage(
            request ->
                request
                    .queueUrl(calls.queue().url())
                    .maxNumberOfMessages(most)
                    .visibilityTimeout(hiddenSeconds)
                    .messageAttributeNames("All")
                    .messageSystemAttributeNames(
                        MessageSystemAttributeName.SENT_TIMESTAMP,
                        MessageSystemAttributeName.DEAD_LETTER_QUEUE_SOURCE_ARN,
                        MessageSystemAttributeName.MESSAGE_GROUP_ID,
                        MessageSystemAttributeName.SEQUENCE_NUMBER)
                    .waitTimeSeconds(WAIT_SECONDS))
        .messages();
  }

  /** Keeps the receipt handles; returns the messages that were not received before. */
  private List<ReceivedDeadLetter> unseen(List<Message> messages, long untilNanos) {
    List<ReceivedDeadLetter> page = new ArrayList<>(messages.size());
    for (Message message : messages) {
      if (hidden.add(message.messageId(), message.receiptHandle(), untilNanos)) {
        page.add(DeadLetterCodec.read(message));
      }
    }
    return page;
  }

  /**
   * Deletes dead letters that were read, except those that became visible again meanwhile: for an
   * old receipt handle, SQS would report success but keep the message.
   *
   * @param ids their ids on the dead-letter queue
   * @return the ids of the deleted dead letters; the others are returned at the end
   */
  public List<String> delete(List<String> ids) {
    List<String> stillHidden = hidden.stillHidden(ids);
    reappeared.addAndGet(ids.size() - stillHidden.size());
    List<String> deleted = new ArrayList<>();
    for (List<String> chunk : SqsBatchCalls.chunks(stillHidden)) {
      deleted.addAll(retry(chunk, some -> calls.delete(some, hidden::handle)).done());
    }
    deleted.forEach(hidden::remove);
    return deleted;
  }

  /** Retries refusals, too, because the handles of hidden messages are valid. */
  private static SqsBatchCalls.Result<String> retry(
      List<String> ids, SqsBatchCalls.Call<String> call) {
    return SqsBatchCalls.retry(ids, ATTEMPTS, some -> call.make(some).withRefusedAsFailed());
  }

  /** How many were not deleted because they had become visible again. */
  public long reappeared() {
    return reappeared.get();
  }

  /** How many messages this reader hides now. */
  public int hidden() {
    return hidden.size();
  }

  /**
   * Makes all dead letters visible again that were read and not deleted.
   *
   * @param progress receives the number returned so far, from time to time
   * @return how many SQS did not make visible; they reappear by themselves within {@value
   *     #HIDDEN_SECONDS} seconds
   */
  public int returnToQueue(LongConsumer progress) throws InterruptedException {
    Queue<List<String>> chunks = new ConcurrentLinkedQueue<>(SqsBatchCalls.chunks(hidden.ids()));
    AtomicInteger failed = new AtomicInteger();
    AtomicLong done = new AtomicLong();
    inParallel(
        () -> {
          for (List<String> chunk = chunks.poll(); chunk != null; chunk = chunks.poll()) {
            SqsBatchCalls.Result<String> result =
                retry(
                    hidden.stillHidden(chunk),
                    some -> calls.changeVisibility(some, hidden::handle, id -> 0));
            failed.addAndGet(result.failed().size());
            chunk.forEach(hidden::remove);
            progress.accept(done.addAndGet(chunk.size()));
          }
          return null;
        });
    return failed.get();
  }

  /**
   * Runs the work in {@link #CALLS} threads and waits for all of them.
   *
   * @throws RuntimeException or an Error: the first failure
   */
  private static void inParallel(Callable<Void> work) throws InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(CALLS);
    try {
      for (Future<Void> one : threads.invokeAll(Collections.nCopies(CALLS, work))) {
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

  /** Returns the remaining dead letters, without reporting failures. */
  @Override
  public void close() {
    try {
      returnToQueue(count -> {});
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
