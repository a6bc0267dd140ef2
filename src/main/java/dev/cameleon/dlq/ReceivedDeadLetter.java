package dev.cameleon.dlq;

import java.time.Instant;
import java.util.Set;

/**
 * One message of the dead-letter queue. Anybody who may send to the queue can write any attribute,
 * so attributes are shown only if their form cannot hold a personal value; the exception is the
 * detail, for which senders are trusted.
 *
 * @param id its id on the dead-letter queue
 * @param cause why it is there
 * @param field the contract's name of the field, or an empty string; to be shown only through
 *     {@link #shown}
 * @param detail the violated rule or the database's message, without any value; or an empty string
 * @param sqlState the SQLSTATE, or an empty string
 * @param sourceMessageId its id in the ledger
 * @param sourceQueue the name of the queue that it was on before; an empty string if not known, or
 *     {@link #INVALID}
 * @param sentAt when it was sent to that queue
 * @param failedAt when it became a dead letter; for {@link DeadLetterReason#MAX_RECEIVES} and
 *     {@link DeadLetterReason#UNKNOWN}, which do not tell: when it was sent
 * @param receiveCount how often it had been received before, or 0 if that is not known
 * @param sealed whether the body is sealed to the recipients
 * @param body the body: personal
 * @param sender the sender's message attributes as JSON: personal; sealed if the body is; an empty
 *     string if there are none
 * @param group its message group on a FIFO queue: possibly personal; else an empty string
 */
public record ReceivedDeadLetter(
    String id,
    DeadLetterReason cause,
    String field,
    String detail,
    String sqlState,
    String sourceMessageId,
    String sourceQueue,
    Instant sentAt,
    Instant failedAt,
    int receiveCount,
    boolean sealed,
    String body,
    String sender,
    String group) {
  /** Replaces a field's name that is not in the contract. */
  public static final String UNKNOWN = "(unknown)";

  /** Replaces a text that cannot be a queue's name. */
  public static final String INVALID = "(invalid)";

  /**
   * This dead letter with a field that may be shown: a field that is not in the contract may be a
   * personal value.
   *
   * @param fields the contract's fields
   */
  public ReceivedDeadLetter shown(Set<String> fields) {
    if (field.isEmpty() || fields.contains(field)) {
      return this;
    }
    return new ReceivedDeadLetter(
        id,
        cause,
        UNKNOWN,
        detail,
        sqlState,
        sourceMessageId,
        sourceQueue,
        sentAt,
        failedAt,
        receiveCount,
        sealed,
        body,
        sender,
        group);
  }

  /** Shows only the message id, because the body is personal. */
  @Override
  public String toString() {
    return "Dead letter[" + id + ", " + cause + "]";
  }
}
