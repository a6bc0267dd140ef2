package dev.cameleon.cli.dlq;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.cli.console.Printable;
import dev.cameleon.contract.BodyShape;
import dev.cameleon.crypto.SealedBody;
import dev.cameleon.dlq.ReceivedDeadLetter;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** What may be seen of a dead letter: everything but its body. */
final class DeadLetterView {
  private static final String SHAPES = "•␣␦�…";
  private static final String SHAPES_IN_ASCII = "*_??~";

  private DeadLetterView() {}

  /** For scripts; null is what is not known. */
  static ObjectNode json(ReceivedDeadLetter letter) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", letter.id())
        .put("reason", letter.cause().name())
        .<ObjectNode>setAll(field("field", letter.field()))
        .put("detail", known(letter.detail()))
        .put("sql_state", known(letter.sqlState()))
        .put("source_message_id", letter.sourceMessageId())
        .put("source_queue", known(letter.sourceQueue()))
        .put("sent_at", letter.sentAt().toString())
        .put("failed_at", letter.failedAt().toString())
        .put("receive_count", letter.receiveCount() == 0 ? null : letter.receiveCount())
        .put("sealed", letter.sealed());
  }

  /** A field's name; of one that is not the contract's, only that there is one. */
  static ObjectNode field(String key, String field) {
    boolean unknown = field.equals(ReceivedDeadLetter.UNKNOWN);
    ObjectNode node = JsonNodeFactory.instance.objectNode().put(key, unknown ? null : known(field));
    return unknown ? node.put(key + "_unknown", true) : node;
  }

  /** What may be seen of its body. */
  static String body(ReceivedDeadLetter letter, BodyShape redaction) {
    return letter.sealed()
        ? SealedBody.preview(letter.body()).flatMap(redaction::ofShape).orElse("(no preview)")
        : redaction.of(letter.body());
  }

  /** For people, with what it means and what to do about it. */
  static void print(PrintWriter out, ReceivedDeadLetter letter) {
    line(out, "id", letter.id());
    line(out, "reason", letter.cause() + ": " + letter.cause().meaning());
    String name = "what to do";
    for (String sentence : letter.cause().remedy().split("(?<=\\.) ", -1)) {
      line(out, name, sentence);
      name = "";
    }
    line(out, "field", letter.field());
    line(out, "detail", letter.detail());
    line(out, "SQLSTATE", letter.sqlState());
    line(out, "source message", letter.sourceMessageId());
    line(out, "source queue", letter.sourceQueue());
    line(out, "sent at", letter.sentAt().toString());
    line(out, "failed at", letter.failedAt().truncatedTo(ChronoUnit.MILLIS).toString());
    line(out, "receive count", letter.receiveCount() == 0 ? "" : "" + letter.receiveCount());
    line(out, "body", letter.sealed() ? "sealed to its recipients; its shape:" : "");
  }

  private static void line(PrintWriter out, String name, String value) {
    if (!value.isEmpty()) {
      out.printf("%-15s %s%n", name, Printable.text(value));
    }
  }

  /** A {@link dev.cameleon.contract.BodyShape}, also where the output has no signs for it. */
  static String shape(String shape) {
    boolean ascii = !Charset.defaultCharset().newEncoder().canEncode(SHAPES);
    StringBuilder shown = new StringBuilder();
    for (String line : shape.split("\n", -1)) {
      String text = line;
      for (int i = 0; ascii && i < SHAPES.length(); i++) {
        text = text.replace(SHAPES.charAt(i), SHAPES_IN_ASCII.charAt(i));
      }
      shown.append(shown.isEmpty() ? "" : "\n").append(Printable.text(text));
    }
    return shown.toString();
  }

  /** A time in UTC, to the second. */
  static String seconds(Instant at) {
    return at.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static String known(String text) {
    return text.isEmpty() ? null : text;
  }
}
