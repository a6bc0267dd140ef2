package dev.cameleon.dlq;

import dev.cameleon.sqs.Delivery;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/**
 * One message of the dead-letter queue. Whoever may send there can write any attribute, so
 * attributes are shown only in forms that hold no value, except the detail, for which senders are
 * trusted.
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
    String body) {
  /** Replaces a field's name that is not in the contract. */
  public static final String UNKNOWN = "(unknown)";

  /** Replaces a text that cannot be a queue's name. */
  public static final String INVALID = "(invalid)";

  /** The form of a field's name in the contract: anything else is not ours, and may be personal. */
  private static final Pattern FIELD = Pattern.compile("[^\\p{Cntrl}]{1,1000}");

  /** The form of a queue's name (AWS). */
  private static final Pattern QUEUE = Pattern.compile("([A-Za-z0-9_-]{1,80}(\\.fifo)?)?");

  private static final Pattern SQL_STATE = Pattern.compile("[0-9A-Z]{5}");

  /** Reads a message of the dead-letter queue. */
  static ReceivedDeadLetter of(Message message) {
    Map<MessageSystemAttributeName, String> system = message.attributes();
    String movedFrom =
        system.getOrDefault(MessageSystemAttributeName.DEAD_LETTER_QUEUE_SOURCE_ARN, "");
    Optional<DeadLetterReason> cause = DeadLetterReason.of(text(message, "reason"));
    Instant sentHere =
        Instant.ofEpochMilli(
            Long.parseLong(system.getOrDefault(MessageSystemAttributeName.SENT_TIMESTAMP, "0")));
    // Only if both are there, as when a message is received for loading.
    Optional<String> sourceId = uuid(text(message, Delivery.SOURCE_MESSAGE_ID));
    Optional<Instant> sentAt = instant(text(message, Delivery.SENT_AT));
    boolean known = sourceId.isPresent() && sentAt.isPresent();
    String id = known ? sourceId.get() : message.messageId();
    Instant sent = known ? sentAt.get() : sentHere;
    if (!movedFrom.isEmpty() || cause.isEmpty()) {
      // It is not Cameleon's: no other attribute is trusted or shown, whoever wrote it.
      return new ReceivedDeadLetter(
          message.messageId(),
          movedFrom.isEmpty() ? DeadLetterReason.UNKNOWN : DeadLetterReason.MAX_RECEIVES,
          "",
          "",
          "",
          id,
          movedFrom.substring(movedFrom.lastIndexOf(':') + 1),
          sent,
          sentHere,
          0,
          false,
          message.body());
    }
    return new ReceivedDeadLetter(
        message.messageId(),
        cause.get(),
        matching(FIELD, text(message, "field"), ""),
        text(message, "detail"),
        matching(SQL_STATE, text(message, "sql-state"), ""),
        id,
        matching(QUEUE, text(message, "source-queue"), INVALID),
        sent,
        instant(text(message, "failed-at")).orElse(sentHere),
        count(text(message, "receive-count")),
        text(message, DeadLetter.BODY).equals(DeadLetter.SEALED),
        message.body());
  }

  private static String text(Message message, String name) {
    MessageAttributeValue value = message.messageAttributes().get(name);
    return value == null || value.stringValue() == null ? "" : value.stringValue();
  }

  private static String matching(Pattern pattern, String text, String otherwise) {
    return pattern.matcher(text).matches() ? text : otherwise;
  }

  private static Optional<String> uuid(String text) {
    try {
      return Optional.of(UUID.fromString(text).toString());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Optional<Instant> instant(String text) {
    try {
      return Optional.of(Instant.parse(text));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static int count(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

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
        body);
  }

  /** The message id only: the body is personal. */
  @Override
  public String toString() {
    return "Dead letter[" + id + ", " + cause + "]";
  }
}
