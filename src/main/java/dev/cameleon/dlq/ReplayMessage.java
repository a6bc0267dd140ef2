package dev.cameleon.dlq;

import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.OutgoingMessage;
import java.time.Instant;
import java.util.Map;

/**
 * A message that goes back to the source queue, under the id and the date that it had there.
 *
 * @param sourceMessageId under which id the ledger knows it: however often it is sent, it is loaded
 *     once
 * @param sentAt when it was first sent
 * @param body the original or corrected body: personal
 */
public record ReplayMessage(String sourceMessageId, Instant sentAt, String body) {
  /** What is sent. */
  OutgoingMessage outgoing() {
    return new OutgoingMessage(
        body,
        Map.of(Delivery.SOURCE_MESSAGE_ID, sourceMessageId, Delivery.SENT_AT, sentAt.toString()));
  }

  /** Its size as SQS counts it, in bytes. */
  public int bytes() {
    return outgoing().bytes();
  }

  /** Names the message only: the body is personal. */
  @Override
  public String toString() {
    return "Return[" + sourceMessageId + "]";
  }
}
