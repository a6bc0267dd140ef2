package dev.cameleon.cli.privacy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.cli.console.AuditReason;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Printable;
import dev.cameleon.mask.Token;
import dev.cameleon.privacy.MaskedColumns;
import dev.cameleon.privacy.PersonRow;
import dev.cameleon.privacy.Reveal;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Prints the results of {@code reveal}: text as it comes, or one JSON object at the end. */
final class RevealReport {
  private static final String DATE = "create_date";

  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean json;
  private final boolean checked;
  private final ObjectNode report = JsonNodeFactory.instance.objectNode();
  private final ArrayNode list;

  /** The answers so far: a person's rows repeat values, but each token is requested once. */
  private final Map<String, Reveal.Answer> answers = new HashMap<>();

  /** Columns with text that looks like a token and was not revealed. */
  private final Set<String> left = new HashSet<>();

  private int rows;
  private boolean complete = true;
  private boolean shown;

  /**
   * Creates an empty report.
   *
   * @param parts the name of the parts in JSON
   * @param json whether the output is JSON
   * @param checked whether values are checked against their tokens
   */
  RevealReport(PrintWriter out, PrintWriter err, String parts, boolean json, boolean checked) {
    this.out = out;
    this.err = err;
    this.json = json;
    this.checked = checked;
    this.list = report.putArray(parts);
  }

  /** Prints the answer for one token. */
  void show(Reveal.Answer answer) {
    note(answer);
    if (json) {
      describe(answer, list.addObject());
    } else if (answer.value().isPresent()) {
      out.println(Printable.text(answer.token()) + '\t' + Printable.text(answer.value().get()));
    }
  }

  /**
   * Prints one row of a person, with the tokens in masked columns revealed. Text in other columns
   * is left as it is: the sender of the event may have written another person's token there.
   *
   * @param of the row
   */
  void show(PersonRow of, MaskedColumns masked, Reveal reveal) throws SQLException {
    rows++;
    JsonNode row = of.columns();
    ObjectNode columns = list.addObject();
    for (Map.Entry<String, JsonNode> column : row.properties()) {
      String name = of.label(column.getKey());
      String value = column.getValue().asText();
      boolean token = column.getValue().isTextual() && Token.isToken(value);
      if (token && !masked.fits(column.getKey(), value)) {
        leave(name, masked.masks(column.getKey()));
      }
      if (token && masked.fits(column.getKey(), value)) {
        show(name, answer(value, reveal), row, columns);
      } else if (json) {
        columns.set(name, column.getValue());
      } else {
        print(name, "", plain(column.getValue()), row);
      }
    }
  }

  /** A value as text: null becomes an empty string, an object or array its JSON. */
  private static String plain(JsonNode value) {
    if (value.isContainerNode()) {
      return value.toString();
    }
    if (value.isBigDecimal()) {
      return value.decimalValue().toPlainString();
    }
    return value.isNull() ? "" : value.asText();
  }

  /** Notes, once per column, that a text that looks like a token was not revealed. */
  private void leave(String column, boolean masked) {
    complete &= !masked;
    if (left.add(column)) {
      err.println(
          "%s: not revealed: it looks like a token, but %s"
              .formatted(
                  Printable.text(column),
                  masked
                      ? "of another kind than this column holds"
                      : "this column is not masked, so a sender may have written it"));
    }
  }

  private void show(String column, Reveal.Answer answer, JsonNode row, ObjectNode columns) {
    if (json) {
      describe(answer, columns.putObject(column));
    } else {
      print(column, answer.token(), answer.value().orElse(""), row);
    }
  }

  private void print(String column, String token, String value, JsonNode row) {
    out.println(
        Stream.of(column, token, value, row.path(DATE).asText(""))
            .map(Printable::text)
            .collect(Collectors.joining("\t", rows + "\t", "")));
  }

  private Reveal.Answer answer(String token, Reveal reveal) throws SQLException {
    Reveal.Answer known = answers.get(token);
    if (known == null) {
      known = reveal.ask(token);
      answers.put(token, known);
      note(known);
    }
    return known;
  }

  private void note(Reveal.Answer answer) {
    if (answer.value().isPresent()) {
      shown = true;
      return;
    }
    complete = false;
    if (!json) {
      err.println(Printable.text(answer.token()) + ": " + Printable.text(answer.detail()));
    }
  }

  private static void describe(Reveal.Answer answer, ObjectNode one) {
    one.put("token", answer.token()).put("outcome", answer.outcome());
    answer
        .value()
        .ifPresentOrElse(
            value -> one.put("value", value), () -> one.put("detail", answer.detail()));
  }

  /**
   * Prints the notes and, for JSON, the result.
   *
   * @param head the head of the audit's chain; empty if nothing was recorded
   */
  void finish(String head) throws FailedException {
    if (json) {
      report.put("checked_by_keyset", checked).put("audit_head", head.isEmpty() ? null : head);
      out.println(Printable.json(report));
    } else if (!head.isEmpty()) {
      if (shown && !checked) {
        err.println(
            "not checked: set CAMELEON_KEYSET to the mask keyset to check that each value"
                + " belongs to its token");
      }
      err.println(AuditReason.keep(head));
    }
    FailedException.requireWritten(out);
  }

  /** Whether every token was revealed. */
  boolean isComplete() {
    return complete;
  }
}
