package dev.cameleon.cases;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.contract.Violation;
import java.util.List;
import java.util.Map;

/**
 * The actual result of a message.
 *
 * @param rows the rows that were written, by table
 * @param outcome the outcome in the words of a case; empty if rows were written
 * @param detail the reason; holds no value
 */
record Actual(Map<String, List<ObjectNode>> rows, String outcome, String detail) {
  static final String IGNORED = "ignored: true";

  static Actual rows(Map<String, List<ObjectNode>> rows) {
    return new Actual(rows, "", "");
  }

  static Actual ignored() {
    return new Actual(Map.of(), IGNORED, "");
  }

  static Actual deadLetter(Violation reason, String field, String detail) {
    return new Actual(Map.of(), deadLetter(reason.name(), field), detail);
  }

  /** The result of a message that failed for a reason that may lie outside the message. */
  static Actual returned(String detail) {
    return new Actual(Map.of(), "back to the queue", detail);
  }

  static String deadLetter(String reason, String field) {
    return "dead_letter: {reason: " + reason + (field.isEmpty() ? "" : ", field: " + field) + "}";
  }

  /** Leaves out values. */
  @Override
  public String toString() {
    return "Actual[" + rows.size() + " tables, " + outcome + "]";
  }
}
