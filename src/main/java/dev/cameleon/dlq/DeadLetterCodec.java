package dev.cameleon.dlq;

import dev.cameleon.crypto.SealedBody;
import dev.cameleon.sqs.MessageGroup;
import dev.cameleon.sqs.OutgoingMessage;
import dev.cameleon.sqs.SenderAttributes;
import dev.cameleon.sqs.SourceMessage;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/**
 * Writes dead letters as messages and reads them back. Message attributes describe the fault; SQS
 * allows ten, so one of them holds all of the sender's attributes.
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

  /** The order in which attributes are dropped when the message would be too large. */
  private static final List<String> SHED_FIRST =
      List.of(DETAIL, FIELD, SQL_STATE, FAILED_AT, RECEIVE_COUNT, SOURCE_QUEUE);

  /**
   * The attributes that are dropped after the sender's; BODY never is. The original's id and date
   * are dropped late, because the ledger needs both: without them, a replay of a loaded message
   * would become a second row.
   */
  private static final List<String> SHED_LAST =
      List.of(REASON, SourceMessage.SENT_AT, SourceMessage.ID, SenderAttributes.PACKED);

  /**
   * The form of a field's name in the contract: any other text is not from Cameleon, and may be
   * personal.
   */
  private static final Pattern FIELD_FORM = Pattern.compile("[^\\p{Cntrl}]{1,1000}");

  /** The form of a queue's name (AWS). */
  private static final Pattern QUEUE_FORM = Pattern.compile("([A-Za-z0-9_-]{1,80}(\\.fifo)?)?");

  private static final Pattern SQL_STATE_FORM = Pattern.compile("[0-9A-Z]{5}");

  private DeadLetterCodec() {}

  /**
   * How dead letters are written.
   *
   * @param sealing how bodies and attributes are sealed; empty: they are sent unchanged
   * @param needed the sender's attributes that the contract needs, which are dropped later than
   *     others
   * @param sourceQueue the name of the queue that the messages came from
   * @param maxBytes the largest message that the dead-letter queue accepts, in bytes
   */
  record Format(
      Optional<BodySealing> sealing, Set<String> needed, String sourceQueue, int maxBytes) {}

  /**
   * The message of a dead letter, with as many attributes as fit; a sealed body's preview is
   * dropped first, then the sender's attributes that the contract does not need. It may still be
   * too large.
   *
   * @param failedAt the time of the failure
   */
  static OutgoingMessage write(DeadLetter deadLetter, Format format, Instant failedAt) {
    Map<String, String> attributes = attributes(deadLetter, format.sourceQueue(), failedAt);
    Optional<SealedBody> sealed =
        format.sealing().map(sealing -> sealing.seal(deadLetter.delivery().body()));
    sealed.ifPresent(body -> attributes.put(BODY, SEALED));
    String body = sealed.map(SealedBody::text).orElse(deadLetter.delivery().body());
    SenderAttributes sender = deadLetter.delivery().attributes();
    pack(sender, format, attributes);
    if (attributes.size() > SenderAttributes.MOST) {
      attributes.remove(SQL_STATE); // the detail says it, too
    }
    if (sealed.isPresent() && isTooLarge(body, attributes, format)) {
      body = sealed.get().textWithoutPreview();
    }
    sender = shed(sender, name -> !format.needed().contains(name), body, attributes, format);
    shed(SHED_FIRST, body, attributes, format);
    sender = shed(sender, name -> true, body, attributes, format);
    if (!sender.leftOut().isEmpty() && isTooLarge(body, attributes, format)) {
      // Not sealed, because it holds nothing from the sender.
      List<String> all = List.of(SenderAttributes.ALL);
      attributes.put(SenderAttributes.PACKED, new SenderAttributes(Map.of(), all).text());
    }
    shed(SHED_LAST, body, attributes, format);
    return new OutgoingMessage(body, attributes);
  }

  private static boolean isTooLarge(String body, Map<String, String> attributes, Format format) {
    return new OutgoingMessage(body, attributes).bytes() > format.maxBytes();
  }

  private static void pack(SenderAttributes sender, Format format, Map<String, String> attributes) {
    if (!sender.isEmpty()) {
      String text = sender.text();
      attributes.put(
          SenderAttributes.PACKED,
          format.sealing().map(sealing -> sealing.sealWithoutPreview(text)).orElse(text));
    }
  }

  private static void shed(
      List<String> names, String body, Map<String, String> attributes, Format format) {
    Iterator<String> shed = names.iterator();
    while (shed.hasNext() && isTooLarge(body, attributes, format)) {
      String name = shed.next();
      // Without a reason, no reader would recognize a sealed dead letter as Cameleon's.
      if (format.sealing().isEmpty() || !name.equals(REASON)) {
        attributes.remove(name);
      }
    }
  }

  /** Drops the sender's attributes, the largest first. */
  private static SenderAttributes shed(
      SenderAttributes sender,
      Predicate<String> which,
      String body,
      Map<String, String> attributes,
      Format format) {
    List<String> names =
        sender.values().keySet().stream()
            .filter(which)
            .sorted(
                Comparator.comparingInt(
                    name -> -SenderAttributes.bytes(name, sender.values().get(name))))
            .toList();
    SenderAttributes left = sender;
    for (String name : names) {
      if (!isTooLarge(body, attributes, format)) {
        break;
      }
      left = left.without(name);
      pack(left, format, attributes);
    }
    return left;
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
    // If the message is not from Cameleon, no other attribute is trusted or shown.
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
        message.body(),
        ours.isPresent()
            ? SourceMessage.attribute(message, SenderAttributes.PACKED)
            : SenderAttributes.of(message).text(),
        MessageGroup.of(system).map(MessageGroup::id).orElse(""));
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
