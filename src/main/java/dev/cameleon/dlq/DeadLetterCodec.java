package dev.cameleon.dlq;

import dev.cameleon.crypto.SealedBody;
import dev.cameleon.sqs.OutgoingMessage;
import dev.cameleon.sqs.SourceMessage;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/**
 * Writes dead letters as messages and reads them back. What is wrong with a message is in its
 * message attributes; SQS allows ten, and all of them are used.
 */
final class DeadLetterCodec {
  private static final String REASON = "reason";
  private static final String FIELD = "field";
  private static final String DETAIL = "detail";
  private static final String SQL_STATE = "sql-state";
  private static final String SOURCE_QUEUE = "source-queue";
  private static final String FAILED_AT = "failed-at";
  private static final String RECEIVE_COUNT = "receive-count";

  /**
   * The format of the body. If it is absent the body is the original, whatever it looks like: a
   * producer can send anything.
   */
  private static final String BODY = "body";

  private static final String SEALED = "sealed";

  /**
   * The order in which attributes are dropped when the message would be too large; BODY never is.
   * The first message's id is dropped last, with its date, because the ledger needs both: without
   * them, a replay of a loaded message would become a second row.
   */
  private static final List<String> SHED_ORDER =
      List.of(
          DETAIL,
          FIELD,
          SQL_STATE,
          FAILED_AT,
          RECEIVE_COUNT,
          SOURCE_QUEUE,
          REASON,
          SourceMessage.SENT_AT,
          SourceMessage.ID);

  /** The form of a field's name in the contract: anything else is not ours, and may be personal. */
  private static final Pattern FIELD_FORM = Pattern.compile("[^\\p{Cntrl}]{1,1000}");

  /** The form of a queue's name (AWS). */
  private static final Pattern QUEUE_FORM = Pattern.compile("([A-Za-z0-9_-]{1,80}(\\.fifo)?)?");

  private static final Pattern SQL_STATE_FORM = Pattern.compile("[0-9A-Z]{5}");

  private DeadLetterCodec() {}

  /**
   * The message of a dead letter, with as many attributes as fit; a sealed body's preview is
   * dropped first. It may still be too large.
   *
   * @param sealed the sealed body; empty: the body is sent as it came
   * @param sourceQueue the name of the queue that the message came from
   * @param failedAt the time of the failure
   * @param maxBytes the largest message that the dead-letter queue accepts
   */
  static OutgoingMessage write(
      DeadLetter deadLetter,
      Optional<SealedBody> sealed,
      String sourceQueue,
      Instant failedAt,
      int maxBytes) {
    Map<String, String> attributes = attributes(deadLetter, sourceQueue, failedAt);
    sealed.ifPresent(body -> attributes.put(BODY, SEALED));
    String body = sealed.map(SealedBody::text).orElse(deadLetter.delivery().body());
    OutgoingMessage message = new OutgoingMessage(body, attributes);
    if (sealed.isPresent() && message.bytes() > maxBytes) {
      body = sealed.get().textWithoutPreview();
      message = new OutgoingMessage(body, attributes);
    }
    Iterator<String> shed = SHED_ORDER.iterator();
    while (message.bytes() > maxBytes && shed.hasNext()) {
      String name = shed.next();
      // Without a reason, no reader would recognize a sealed dead letter as Cameleon's.
      if (sealed.isEmpty() || !name.equals(REASON)) {
        attributes.remove(name);
        message = new OutgoingMessage(body, attributes);
      }
    }
    return message;
  }

  private static Map<String, String> attributes(
      DeadLetter deadLetter, String sourceQueue, Instant failedAt) {
    Map<String, String> attributes = new LinkedHashMap<>();
    attributes.put(REASON, deadLetter.reason().name());
    attributes.put(FIELD, deadLetter.field());
    attributes.put(DETAIL, deadLetter.detail());
    attributes.put(SQL_STATE, deadLetter.sqlState());
    attributes.putAll(deadLetter.delivery().sourceMessage().attributes());
    attributes.put(SOURCE_QUEUE, sourceQueue);
    attributes.put(FAILED_AT, failedAt.toString());
    attributes.put(RECEIVE_COUNT, Integer.toString(deadLetter.delivery().receiveCount()));
    attributes.values().removeIf(String::isEmpty); // SQS refuses an empty attribute
    return attributes;
  }

  /** Reads a message of the dead-letter queue, received with all its message attributes. */
  static ReceivedDeadLetter read(Message message) {
    Map<MessageSystemAttributeName, String> system = message.attributes();
    String movedFrom =
        system.getOrDefault(MessageSystemAttributeName.DEAD_LETTER_QUEUE_SOURCE_ARN, "");
    Instant sentHere =
        Instant.ofEpochMilli(
            Long.parseLong(system.getOrDefault(MessageSystemAttributeName.SENT_TIMESTAMP, "0")));
    SourceMessage source = SourceMessage.of(message, sentHere);
    Optional<DeadLetterReason> ours =
        DeadLetterReason.of(SourceMessage.attribute(message, REASON))
            .filter(reason -> movedFrom.isEmpty());
    // If it is not Cameleon's, no other attribute is trusted or shown, whoever wrote it.
    UnaryOperator<String> text =
        name -> ours.isPresent() ? SourceMessage.attribute(message, name) : "";
    return new ReceivedDeadLetter(
        message.messageId(),
        ours.orElse(movedFrom.isEmpty() ? DeadLetterReason.UNKNOWN : DeadLetterReason.MAX_RECEIVES),
        matching(FIELD_FORM, text.apply(FIELD), ""),
        text.apply(DETAIL),
        matching(SQL_STATE_FORM, text.apply(SQL_STATE), ""),
        source.id(),
        movedFrom.isEmpty()
            ? matching(QUEUE_FORM, text.apply(SOURCE_QUEUE), ReceivedDeadLetter.INVALID)
            : movedFrom.substring(movedFrom.lastIndexOf(':') + 1),
        source.sentAt(),
        instant(text.apply(FAILED_AT), sentHere),
        count(text.apply(RECEIVE_COUNT)),
        text.apply(BODY).equals(SEALED),
        message.body());
  }

  private static String matching(Pattern form, String text, String otherwise) {
    return form.matcher(text).matches() ? text : otherwise;
  }

  private static Instant instant(String text, Instant otherwise) {
    try {
      return Instant.parse(text);
    } catch (DateTimeException e) {
      return otherwise;
    }
  }

  private static int count(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
