package dev.cameleon.dlq;

import dev.cameleon.sqs.OutgoingMessage;
import dev.cameleon.sqs.SqsBatchCalls;
import dev.cameleon.sqs.SqsQueue;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * The queue that messages are sent back to. Thread-safe.
 *
 * @param calls sends to it
 * @param stop whether the operator asked to stop, which ends the retries of failed sends
 */
public record SourceQueue(SqsBatchCalls calls, BooleanSupplier stop) {
  /** Attempts to send; the pauses between them are 6 s in all. */
  private static final int ATTEMPTS = 7;

  /** The queue. */
  public SqsQueue queue() {
    return calls.queue();
  }

  /**
   * Sends messages in as few calls as SQS's limits allow, and waits for the answer to each. Failed
   * sends are retried a few times. If an answer is lost a message may be sent twice; it is loaded
   * once.
   *
   * @param items what is sent
   * @param message the message of an item
   * @return the results of the items; if some failed, the items of later calls are missing
   */
  public <T> SqsBatchCalls.Result<T> send(List<T> items, Function<T, OutgoingMessage> message) {
    SqsBatchCalls.Result<T> all = SqsBatchCalls.Result.none();
    for (List<T> call : SqsBatchCalls.chunks(items, item -> message.apply(item).bytes())) {
      all =
          all.then(
              SqsBatchCalls.retry(
                  call,
                  ATTEMPTS,
                  result -> result.denied() || stop.getAsBoolean(),
                  some -> calls.send(some, message)));
      if (!all.failed().isEmpty()) {
        break;
      }
    }
    return all;
  }
}
