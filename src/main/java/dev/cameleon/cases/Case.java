package dev.cameleon.cases;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * One case: a message and its expected result.
 *
 * @param name the behaviour that it shows
 * @param place where it begins, as {@code file:line}
 * @param body the message's body
 * @param attributes the message's attributes
 * @param sentAt when the message is sent
 * @param expected the expected result
 */
public record Case(
    String name,
    String place,
    String body,
    Map<String, String> attributes,
    Instant sentAt,
    Expected expected) {
  /**
   * The expected result of a message: rows, ignored, or a dead letter.
   *
   * @param rows by table, each row with the columns that matter; a table that is not named gets
   *     none
   * @param ignored whether the message fits {@code x-ignore}
   * @param reason why it becomes a dead letter; empty: it does not
   * @param field the field of the dead letter; empty: it is not about one field
   */
  public record Expected(
      Map<String, List<Map<String, JsonNode>>> rows,
      boolean ignored,
      String reason,
      String field) {}

  /** Leaves out values. */
  @Override
  public String toString() {
    return "Case[" + place + "]";
  }
}
