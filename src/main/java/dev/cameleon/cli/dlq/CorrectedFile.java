package dev.cameleon.cli.dlq;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.contract.IgnoredException;
import dev.cameleon.contract.RejectedException;
import dev.cameleon.contract.StrictJson;
import dev.cameleon.mask.Preparation;
import dev.cameleon.mask.PreparationFailedException;
import dev.cameleon.sqs.OutgoingMessage;
import dev.cameleon.sqs.SenderAttributes;
import dev.cameleon.sqs.SourceMessage;
import dev.cameleon.sqs.SqsQueue;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * A file of exported and corrected dead letters. It is read line by line, as often as needed, and
 * never held in memory as a whole.
 *
 * @param file one JSON object per line, as {@code dlq export --raw} writes them
 * @param preparation today's route, contract and mask
 * @param queue the name of the queue that the messages are sent to
 * @param maxBytes the largest message that the queue accepts
 * @param oldest messages sent before this may have been loaded, and their ids since deleted from
 *     the ledger
 */
record CorrectedFile(
    Path file, Preparation preparation, String queue, int maxBytes, Instant oldest) {
  /** Enough for a body of 1 MiB with every character escaped, and the other fields. */
  private static final int LONGEST_LINE_CHARACTERS = 8 * 1024 * 1024;

  private static final char BYTE_ORDER_MARK = '\ufeff';

  /** The form of a message group id (AWS). */
  private static final Pattern GROUP = Pattern.compile("[\\x21-\\x7e]{1,128}");

  private static final ObjectMapper JSON = StrictJson.strictMapper();

  /**
   * A message to send.
   *
   * @param line the line's number in the file
   * @param deadLetterId the dead letter's id, or an empty string
   * @param sourceMessageId the message's id in the ledger
   * @param message the corrected message
   */
  record Corrected(
      int line, String deadLetterId, String sourceMessageId, OutgoingMessage message) {}

  /** Receives each message. */
  @FunctionalInterface
  interface Taker {
    void take(Corrected corrected) throws FailedException, InterruptedException;
  }

  /** Receives each line that cannot be sent. */
  @FunctionalInterface
  interface Refusal {
    /** Says what is wrong with a line and how to correct it, without any value. */
    void refuse(int line, String problem) throws FailedException;
  }

  /** Thrown for a wrong line; the message holds nothing of the line's content. */
  private static final class WrongLineException extends Exception {
    private static final long serialVersionUID = 1L;

    WrongLineException(String problem) {
      super(problem, null, false, false);
    }
  }

  /**
   * Reads the file from the beginning to the end; empty lines are skipped.
   *
   * @throws IOException if it cannot be read
   */
  void read(Taker taker, Refusal refusal)
      throws IOException, FailedException, InterruptedException {
    Map<String, Integer> seen = new HashMap<>();
    int number = 0;
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      for (String text = line(reader); text != null; text = line(reader)) {
        number++;
        if (text.isBlank()) {
          continue;
        }
        try {
          Corrected corrected = corrected(number, text);
          Integer other = seen.putIfAbsent(corrected.sourceMessageId(), number);
          if (other != null) {
            throw new WrongLineException(
                "has the same source_message_id as line " + other + ": remove one of the two");
          }
          taker.take(corrected);
        } catch (WrongLineException e) {
          refusal.refuse(number, e.getMessage());
        }
      }
    } catch (CharacterCodingException e) {
      refusal.refuse(number + 1, "or a later one is not UTF-8: save the file as UTF-8");
    }
  }

  /** The next line without its terminator, cut if it is too long; null at the end of the file. */
  private static String line(BufferedReader reader) throws IOException {
    StringBuilder line = new StringBuilder();
    int next = reader.read();
    if (next < 0) {
      return null;
    }
    while (next >= 0 && next != '\n') {
      if (line.length() <= LONGEST_LINE_CHARACTERS && next != BYTE_ORDER_MARK) {
        line.append((char) next);
      }
      next = reader.read();
    }
    return line.toString();
  }

  private Corrected corrected(int number, String text) throws WrongLineException {
    if (text.length() > LONGEST_LINE_CHARACTERS) {
      throw new WrongLineException(
          "is longer than any dead letter: put one JSON object on each line");
    }
    ObjectNode line = object(text);
    JsonNode body = line.path("body");
    JsonNode redacted = line.path("redacted");
    if (!body.isTextual() || !redacted.isBoolean()) {
      throw new WrongLineException(
          "needs \"body\" (a string) and \"redacted\" (true or false): edit a line"
              + " that dlq export --raw wrote");
    }
    if (redacted.booleanValue()) {
      throw new WrongLineException(
          "is redacted and holds no values: run dlq export --raw --purpose TEXT, and"
              + " edit that file");
    }
    JsonNode from = line.path("source_queue");
    if (from.isTextual() && !from.textValue().equals(queue)) {
      throw new WrongLineException(
          "came from a queue other than %s: set CAMELEON_QUEUE to that queue, and import the line"
                  .formatted(queue)
              + " again");
    }
    SourceMessage source =
        new SourceMessage(
            uuid(line.path("source_message_id"), "source_message_id"),
            sentAt(line.path("sent_at")));
    SenderAttributes sender = sender(line);
    OutgoingMessage message = placed(line, source.replay(body.textValue(), sender));
    requireGood(message, sender);
    boolean named = line.hasNonNull("id");
    return new Corrected(number, named ? uuid(line.path("id"), "id") : "", source.id(), message);
  }

  private static SenderAttributes sender(ObjectNode line) throws WrongLineException {
    if (!line.path("attributes_left_out").isEmpty()) {
      throw new WrongLineException(
          "lacks the message attributes that \"attributes_left_out\" names: add those that the"
              + " contract needs to \"attributes\", and remove \"attributes_left_out\"");
    }
    try {
      return line.hasNonNull("attributes")
          ? SenderAttributes.read(line.get("attributes"))
          : SenderAttributes.NONE;
    } catch (IllegalArgumentException e) {
      throw new WrongLineException("has wrong \"attributes\": they " + e.getMessage());
    }
  }

  /** Adds the message group, if the queue is a FIFO queue. */
  private OutgoingMessage placed(ObjectNode line, OutgoingMessage message)
      throws WrongLineException {
    if (!queue.endsWith(SqsQueue.FIFO)) {
      return message;
    }
    String group = line.path("group_id").asText("");
    if (!GROUP.matcher(group).matches()) {
      throw new WrongLineException("has no valid \"group_id\": keep the exported value");
    }
    // Random, so that SQS does not drop a message that is imported again on purpose. The ledger
    // drops it if it was loaded.
    return message.at(new OutgoingMessage.Place(group, "import-" + UUID.randomUUID()));
  }

  private static ObjectNode object(String text) throws WrongLineException {
    try {
      ObjectNode line = StrictJson.read(JSON, text);
      if (line == null) {
        throw new WrongLineException("is not a JSON object");
      }
      return line;
    } catch (RejectedException e) {
      throw new WrongLineException(
          "is not a JSON object as dlq export writes it: "
              + e.detail().replace(" at line 1, column", " at column"));
    }
  }

  private static String uuid(JsonNode id, String name) throws WrongLineException {
    return MessageId.parse(id.asText(""))
        .orElseThrow(
            () ->
                new WrongLineException(
                    "has no valid \""
                        + name
                        + "\", "
                        + MessageId.EXAMPLE
                        + ": keep the exported value"));
  }

  private Instant sentAt(JsonNode text) throws WrongLineException {
    Instant sentAt;
    try {
      sentAt = Instant.parse(text.asText(""));
    } catch (DateTimeException e) {
      throw new WrongLineException(
          "has no valid \"sent_at\", for example 2026-11-20T10:00:00Z: keep the"
              + " exported value");
    }
    if (sentAt.isAfter(Instant.now().plusSeconds(3600))) {
      throw new WrongLineException("has a \"sent_at\" in the future: keep the exported value");
    }
    if (sentAt.isBefore(oldest)) {
      throw new WrongLineException(
          "was sent before %s; the ledger may have dropped its id (cameleon.ledger.days), so it"
                  .formatted(DeadLetterView.seconds(oldest))
              + " could be loaded twice: remove the line; if you know that it was never loaded,"
              + " raise CAMELEON_LEDGER_DAYS for this command");
    }
    return sentAt;
  }

  private void requireGood(OutgoingMessage message, SenderAttributes sender)
      throws WrongLineException {
    try {
      preparation.prepare(message.body(), sender.values());
    } catch (IgnoredException e) {
      throw new WrongLineException("would be ignored: " + e.getMessage());
    } catch (RejectedException e) {
      throw new WrongLineException("would become a dead letter again: " + e.getMessage());
    } catch (PreparationFailedException e) {
      throw new WrongLineException("would return to the queue: " + e.getMessage());
    }
    if (message.bytes() > maxBytes) {
      throw new WrongLineException(
          "is larger than the queue accepts (at most %d bytes, attributes included)"
              .formatted(maxBytes));
    }
    if (message.body().chars().anyMatch(unit -> unit == 0xFFFE || unit == 0xFFFF)) {
      throw new WrongLineException(
          "holds a character that SQS does not accept (U+FFFE or U+FFFF): remove it");
    }
  }
}
