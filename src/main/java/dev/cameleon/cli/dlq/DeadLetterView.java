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

/** Shows a dead letter without its original body. */
final class DeadLetterView {
  private static final String SHAPES = "•␣␦�…";
  private static final String SHAPES_IN_ASCII = "*_??~";

  private DeadLetterView() {}

  /** As JSON; null for unknown values. */
  static ObjectNode json(ReceivedDeadLetter deadLetter) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", deadLetter.id())
        .put("reason", deadLetter.cause().name())
        .<ObjectNode>setAll(field("field", deadLetter.field()))
        .put("detail", known(deadLetter.detail()))
        .put("sql_state", known(deadLetter.sqlState()))
        .put("source_message_id", deadLetter.sourceMessageId())
        .put("source_queue", known(deadLetter.sourceQueue()))
        .put("sent_at", deadLetter.sentAt().toString())
        .put("failed_at", deadLetter.failedAt().toString())
        .put("receive_count", deadLetter.receiveCount() == 0 ? null : deadLetter.receiveCount())
        .put("sealed", deadLetter.sealed());
  }

  /** A field's name; for a field that is not in the contract, only the fact that there is one. */
  static ObjectNode field(String key, String field) {
    boolean unknown = field.equals(ReceivedDeadLetter.UNKNOWN);
    ObjectNode node = JsonNodeFactory.instance.objectNode().put(key, unknown ? null : known(field));
    return unknown ? node.put(key + "_unknown", true) : node;
  }

  /** The shape of its body, or the preview of a sealed one. */
  static String body(ReceivedDeadLetter deadLetter, BodyShape redaction) {
    return deadLetter.sealed()
        ? SealedBody.preview(deadLetter.body()).flatMap(redaction::ofShape).orElse("(no preview)")
        : redaction.of(deadLetter.body());
  }

  /** Prints it for people, with what the reason means and what to do. */
  static void print(PrintWriter out, ReceivedDeadLetter deadLetter) {
    line(out, "id", deadLetter.id());
    line(out, "reason", deadLetter.cause() + ": " + deadLetter.cause().meaning());
    String name = "what to do";
    for (String sentence : deadLetter.cause().remedy().split("(?<=\\.) ", -1)) {
      line(out, name, sentence);
      name = "";
    }
    line(out, "field", deadLetter.field());
    line(out, "detail", deadLetter.detail());
    line(out, "SQLSTATE", deadLetter.sqlState());
    line(out, "source message", deadLetter.sourceMessageId());
    line(out, "source queue", deadLetter.sourceQueue());
    line(out, "sent at", deadLetter.sentAt().toString());
    line(out, "failed at", deadLetter.failedAt().truncatedTo(ChronoUnit.MILLIS).toString());
    line(
        out, "receive count", deadLetter.receiveCount() == 0 ? "" : "" + deadLetter.receiveCount());
    line(out, "body", deadLetter.sealed() ? "sealed to its recipients; its shape:" : "");
  }

  private static void line(PrintWriter out, String name, String value) {
    if (!value.isEmpty()) {
      out.printf("%-15s %s%n", name, Printable.text(value));
    }
  }

  /** Adapts a {@link dev.cameleon.contract.BodyShape} to a character set without its symbols. */
  static String shape(String shape, Charset encoding) {
    boolean ascii = !encoding.newEncoder().canEncode(SHAPES);
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

  /** Null for an unknown value. */
  static String known(String text) {
    return text.isEmpty() ? null : text;
  }
}
