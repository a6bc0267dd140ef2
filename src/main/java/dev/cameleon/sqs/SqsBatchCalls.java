package dev.cameleon.sqs;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchResultEntry;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchResultEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResultEntry;

/**
 * Sends messages to one queue, deletes its messages and changes their visibility, up to ten per
 * call. If a call fails, all its entries count as failed; nothing is thrown. Thread-safe.
 *
 * @param sqs makes the calls, with its own retries
 * @param queue the queue
 */
public record SqsBatchCalls(SqsClient sqs, SqsQueue queue) {
  /** AWS: a batch request has at most 10 entries. */
  public static final int ENTRIES_PER_CALL = 10;

  /** AWS: the largest batch request is 1 MiB, since August 2025. */
  public static final int MAX_CALL_BYTES = 1024 * 1024;

  private static final Logger LOG = LoggerFactory.getLogger(SqsBatchCalls.class);
  private static final long FIRST_PAUSE_MILLIS = 100;

  /**
   * The results of a call's items. An item has succeeded only if the answer says so and does not
   * also report it as failed, because the caller may delete the only other copy. Unknown entries of
   * an answer are ignored.
   *
   * @param done items that succeeded
   * @param refused items that SQS will never accept, with the error code; for a receipt handle: the
   *     message was deleted, or received again
   * @param failed items that may succeed when retried
   * @param failure why the last of these failed, or an empty string; quotes no message
   * @param denied whether SQS refused the whole call, so that a retry hardly helps: the queue is
   *     gone, for example, or access is denied
   */
  public record Result<T>(
      List<T> done, Map<T, String> refused, List<T> failed, String failure, boolean denied) {

    /** The result of a call without items. */
    public static <T> Result<T> none() {
      return failed(List.of(), "", false);
    }

    static <T> Result<T> failed(List<T> items, String failure, boolean denied) {
      return new Result<>(List.of(), Map.of(), items, failure, denied);
    }

    /**
     * This result with the refused items among the failed ones, for a caller that retries them,
     * too.
     */
    public Result<T> withRefusedAsFailed() {
      List<T> allFailed = new ArrayList<>(failed);
      allFailed.addAll(refused.keySet());
      return new Result<>(done, Map.of(), allFailed, failure, denied);
    }

    /**
     * Combines this result with that of the next call, for items that failed here or were not in
     * this call.
     */
    public Result<T> then(Result<T> next) {
      List<T> allDone = new ArrayList<>(done);
      allDone.addAll(next.done);
      Map<T, String> allRefused = new LinkedHashMap<>(refused);
      allRefused.putAll(next.refused);
      return new Result<>(allDone, allRefused, next.failed, next.failure, next.denied);
    }
  }

  /** A call for up to {@value #ENTRIES_PER_CALL} items. */
  @FunctionalInterface
  public interface Call<T> {
    /** Makes the call. */
    Result<T> make(List<T> items);
  }

  /** The entries of an answer. */
  private record Answer(Stream<String> successful, List<BatchResultErrorEntry> failed) {}

  /** Sends up to {@value #ENTRIES_PER_CALL} items, of {@value #MAX_CALL_BYTES} bytes at most. */
  public <T> Result<T> send(List<T> items, Function<T, OutgoingMessage> message) {
    return call(
        items,
        () -> {
          List<SendMessageBatchRequestEntry> entries =
              entries(items, (id, item) -> message.apply(item).entry(id));
          var response =
              sqs.sendMessageBatch(request -> request.queueUrl(queue.url()).entries(entries));
          return new Answer(
              response.successful().stream().map(SendMessageBatchResultEntry::id),
              response.failed());
        });
  }

  /** Deletes the messages of up to {@value #ENTRIES_PER_CALL} items. */
  public <T> Result<T> delete(List<T> items, Function<T, String> receiptHandle) {
    return call(
        items,
        () -> {
          List<DeleteMessageBatchRequestEntry> entries =
              entries(
                  items,
                  (id, item) ->
                      DeleteMessageBatchRequestEntry.builder()
                          .id(id)
                          .receiptHandle(receiptHandle.apply(item))
                          .build());
          var response =
              sqs.deleteMessageBatch(request -> request.queueUrl(queue.url()).entries(entries));
          return new Answer(
              response.successful().stream().map(DeleteMessageBatchResultEntry::id),
              response.failed());
        });
  }

  /**
   * Changes the visibility of up to {@value #ENTRIES_PER_CALL} messages.
   *
   * @param seconds for how long each is invisible from now on; 0 makes it visible at once
   */
  public <T> Result<T> changeVisibility(
      List<T> items, Function<T, String> receiptHandle, ToIntFunction<T> seconds) {
    return call(
        items,
        () -> {
          List<ChangeMessageVisibilityBatchRequestEntry> entries =
              entries(
                  items,
                  (id, item) ->
                      ChangeMessageVisibilityBatchRequestEntry.builder()
                          .id(id)
                          .receiptHandle(receiptHandle.apply(item))
                          .visibilityTimeout(seconds.applyAsInt(item))
                          .build());
          var response =
              sqs.changeMessageVisibilityBatch(
                  request -> request.queueUrl(queue.url()).entries(entries));
          return new Answer(
              response.successful().stream().map(ChangeMessageVisibilityBatchResultEntry::id),
              response.failed());
        });
  }

  /** The entries of a call; the id of each is its item's index. */
  private static <T, E> List<E> entries(List<T> items, BiFunction<String, T, E> entry) {
    List<E> entries = new ArrayList<>(items.size());
    for (int i = 0; i < items.size(); i++) {
      entries.add(entry.apply(Integer.toString(i), items.get(i)));
    }
    return entries;
  }

  private static <T> Result<T> call(List<T> items, Supplier<Answer> call) {
    try {
      return items.isEmpty() ? Result.none() : result(items, call.get());
    } catch (RuntimeException e) { // from the SDK or elsewhere: no entry is known to have succeeded
      LOG.debug("A call to SQS failed: {}", SqsErrors.describe(e));
      return Result.failed(items, SqsErrors.describe(e), SqsErrors.isDenied(e));
    }
  }

  private static <T> Result<T> result(List<T> items, Answer answer) {
    Set<String> successful = answer.successful().collect(Collectors.toSet());
    Map<String, BatchResultErrorEntry> errors = new HashMap<>();
    answer.failed().forEach(error -> errors.put(error.id(), error));
    List<T> done = new ArrayList<>();
    Map<T, String> refused = new LinkedHashMap<>();
    List<T> failed = new ArrayList<>();
    String failure = "";
    for (int i = 0; i < items.size(); i++) {
      BatchResultErrorEntry error = errors.get(Integer.toString(i));
      if (error != null && SqsErrors.isForGood(error)) {
        refused.put(items.get(i), String.valueOf(error.code()));
      } else if (error == null && successful.contains(Integer.toString(i))) {
        done.add(items.get(i));
      } else {
        failed.add(items.get(i));
        failure = "SQS answered " + (error == null ? "nothing about it" : error.code());
      }
    }
    return new Result<>(done, refused, failed, failure, false);
  }

  /**
   * Makes a call, and repeats it with pauses for the items that failed. The SDK's own retries cover
   * neither a 403 nor the failure of a single entry.
   *
   * @param attempts how many calls at most
   * @param enough whether to stop after this result
   */
  public static <T> Result<T> retry(
      List<T> items, int attempts, Predicate<Result<T>> enough, Call<T> call) {
    Result<T> result = call.make(items);
    try {
      for (int attempt = 1;
          attempt < attempts && !result.failed().isEmpty() && !enough.test(result);
          attempt++) {
        TimeUnit.MILLISECONDS.sleep(FIRST_PAUSE_MILLIS << (attempt - 1));
        result = result.then(call.make(result.failed()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return result;
  }

  /**
   * As {@link #retry(List, int, Predicate, Call)}, until all items succeeded or the attempts are
   * used up.
   */
  public static <T> Result<T> retry(List<T> items, int attempts, Call<T> call) {
    return retry(items, attempts, result -> false, call);
  }

  /** Splits a list into calls of at most {@value #ENTRIES_PER_CALL} entries. */
  public static <T> List<List<T>> chunks(List<T> all) {
    return chunks(all, item -> 0);
  }

  /**
   * Splits a list into calls of at most {@value #ENTRIES_PER_CALL} entries and {@value
   * #MAX_CALL_BYTES} bytes.
   *
   * @param bytes the size of one item
   */
  public static <T> List<List<T>> chunks(List<T> all, ToIntFunction<T> bytes) {
    List<List<T>> chunks = new ArrayList<>();
    int from = 0;
    long chunkBytes = 0;
    for (int i = 0; i < all.size(); i++) {
      int itemBytes = bytes.applyAsInt(all.get(i));
      boolean full = i - from == ENTRIES_PER_CALL || chunkBytes + itemBytes > MAX_CALL_BYTES;
      if (full && i > from) {
        chunks.add(all.subList(from, i));
        from = i;
        chunkBytes = 0;
      }
      chunkBytes += itemBytes;
    }
    if (from < all.size()) {
      chunks.add(all.subList(from, all.size()));
    }
    return chunks;
  }
}
