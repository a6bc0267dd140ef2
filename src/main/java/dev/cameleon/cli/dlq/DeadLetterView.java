package dev.cameleon.cli.dlq;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.cli.console.Printable;
import dev.cameleon.contract.BodyShape;
import dev.cameleon.crypto.SealedBody;
import dev.cameleon.dlq.ReceivedDeadLetter;
import dev.cameleon.sqs.SenderAttributes;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Shows a dead letter without its original body. */
final class DeadLetterView {
  private static final String ATTRIBUTES = "attributes";
  private static final String LEFT_OUT = "attributes_left_out";
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

  /** A field's name; for a field that is not in the contract, only the fact that it exists. */
  static ObjectNode field(String key, String field) {
    boolean unknown = field.equals(ReceivedDeadLetter.UNKNOWN);
    ObjectNode node = JsonNodeFactory.instance.objectNode().put(key, unknown ? null : known(field));
    return unknown ? node.put(key + "_unknown", true) : node;
  }

  /** The shape of the body, or the preview of a sealed body. */
  static String body(ReceivedDeadLetter deadLetter, BodyShape redaction) {
    return deadLetter.sealed()
        ? SealedBody.preview(deadLetter.body()).flatMap(redaction::ofShape).orElse("(no preview)")
        : redaction.of(deadLetter.body());
  }

  /**
   * The sender's message attributes, without their values and without names that are not in the
   * contract.
   *
   * @param sender empty if they are sealed
   * @param names the attributes that the contract names
   */
  static ObjectNode shapes(Optional<SenderAttributes> sender, Set<String> names) {
    ObjectNode shapes = JsonNodeFactory.instance.objectNode();
    if (sender.isEmpty()) {
      return shapes.put(ATTRIBUTES, "(sealed)");
    }
    BodyShape shape = new BodyShape(names);
    if (!sender.get().values().isEmpty()) {
      ObjectNode texts = JsonNodeFactory.instance.objectNode();
      sender.get().values().forEach((n, value) -> texts.put(n, SenderAttributes.valueText(value)));
      shapes.put(ATTRIBUTES, shape.of(texts.toString()));
    }
    if (!sender.get().leftOut().isEmpty()) {
      ArrayNode leftOut = shapes.putArray(LEFT_OUT);
      sender.get().leftOut().forEach(n -> leftOut.add(names.contains(n) ? n : "(another)"));
    }
    return shapes;
  }

  /**
   * The parts of the original besides its body: the sender's message attributes and the group.
   * Personal.
   */
  static ObjectNode original(ReceivedDeadLetter deadLetter, SenderAttributes sender) {
    ObjectNode original = JsonNodeFactory.instance.objectNode();
    if (!sender.values().isEmpty()) {
      original.set(ATTRIBUTES, sender.json());
    }
    if (!sender.leftOut().isEmpty()) {
      sender.leftOut().forEach(original.putArray(LEFT_OUT)::add);
    }
    return deadLetter.group().isEmpty() ? original : original.put("group_id", deadLetter.group());
  }

  /** Prints a dead letter as text, with the meaning of its reason and the remedy. */
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

  /** Prints what {@link #shapes} returned. */
  static void printAttributes(PrintWriter out, ObjectNode shapes, Charset encoding) {
    if (shapes.has(ATTRIBUTES)) {
      out.println();
      out.println("message attributes of the sender:");
      out.println(shape(shapes.get(ATTRIBUTES).textValue(), encoding));
    }
    if (shapes.has(LEFT_OUT)) {
      List<String> names = new ArrayList<>();
      shapes.get(LEFT_OUT).forEach(name -> names.add(name.textValue()));
      out.println("there was no room for: " + Printable.text(String.join(", ", names)));
    }
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

  /** Turns an empty text into null. */
  static String known(String text) {
    return text.isEmpty() ? null : text;
  }
}
