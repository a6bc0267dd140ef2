package dev.cameleon.sqs;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResultEntry;

/**
 * What SQS said to the entries of a batch, by their index. What it accepted may be deleted
 * elsewhere, so nothing is taken for accepted that it does not name.
 *
 * @param accepted what it has
 * @param refused what it will never take, with its error code
 * @param failed what it does not take for now, with its error code
 */
public record SendBatchResult(
    Set<Integer> accepted, Map<Integer, String> refused, Map<Integer, String> failed) {

  /**
   * Reads an answer.
   *
   * @param entries how many were sent, with their indexes as ids
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
