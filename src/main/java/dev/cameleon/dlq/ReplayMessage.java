package dev.cameleon.dlq;

import dev.cameleon.sqs.OutgoingMessage;
import dev.cameleon.sqs.SourceMessage;
import java.time.Instant;

/**
 * A message that is sent back to the source queue, with the id and the date of the first message.
 *
 * @param sourceMessageId its id in the ledger: however often it is sent, it is loaded once
 * @param sentAt when it was first sent
 * @param body the original or corrected body: personal
 */
public record ReplayMessage(String sourceMessageId, Instant sentAt, String body) {
  /** The message as it is sent. */
  OutgoingMessage outgoing() {
    return new OutgoingMessage(body, new SourceMessage(sourceMessageId, sentAt).attributes());
  }

  /** Its size in bytes, as SQS counts it. */
  public int bytes() {
    return outgoing().bytes();
  }

  /** The message id only: the body is personal. */
  @Override
  public String toString() {
    return "Return[" + sourceMessageId + "]";
  }
}
