package dev.cameleon.sqs;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResultEntry;

/**
 * The answer to a batch of sends, by index of the entry. An entry that SQS does not mention counts
 * as failed: the caller deletes elsewhere what was accepted.
 *
 * @param accepted entries that SQS stored
 * @param refused entries that SQS will never accept, with the error code
 * @param failed entries that may succeed when retried, with the error code
 */
public record SendBatchResult(
    Set<Integer> accepted, Map<Integer, String> refused, Map<Integer, String> failed) {

  /**
   * Reads an answer.
   *
   * @param entries how many entries were sent; their ids are their indexes
   */
  public static SendBatchResult of(SendMessageBatchResponse response, int entries) {
    Set<Integer> accepted = new HashSet<>();
    for (SendMessageBatchResultEntry entry : response.successful()) {
      accepted.add(Integer.parseInt(entry.id()));
    }
    Map<Integer, String> refused = new HashMap<>();
    Map<Integer, String> failed = new HashMap<>();
    for (BatchResultErrorEntry entry : response.failed()) {
      boolean forGood = SqsErrors.isForGood(entry);
      (forGood ? refused : failed).put(Integer.parseInt(entry.id()), entry.code());
    }
    accepted.removeAll(refused.keySet());
    accepted.removeAll(failed.keySet());
    for (int i = 0; i < entries; i++) {
      if (!accepted.contains(i) && !refused.containsKey(i)) {
        failed.putIfAbsent(i, "nothing about it");
      }
    }
    return new SendBatchResult(accepted, refused, failed);
  }
}
