package dev.cameleon.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The personal data of an event.
 *
 * @param fields the masked fields, in the contract's order
 * @param subject the names of the properties on the way to the one that names the person; empty if
 *     there is none
 */
public record Personal(List<PiiField> fields, List<String> subject) {
  /**
   * The personal data of a flat event.
   *
   * @param kinds the masked fields
   * @param subject the field that names the person; none for tokens of single values
   */
  public static Personal of(Map<String, PiiKind> kinds, String... subject) {
    return new Personal(
        kinds.entrySet().stream()
            .map(field -> PiiField.of(field.getKey(), field.getValue()))
            .toList(),
        List.of(subject));
  }

  /** The kind of each masked field, by its path. */
  public Map<String, PiiKind> kinds() {
    Map<String, PiiKind> kinds = new LinkedHashMap<>();
    fields.forEach(field -> kinds.put(field.path(), field.kind()));
    return kinds;
  }

  /** The value that names the person, or an empty string. */
  public String subjectOf(ObjectNode event) {
    if (subject.isEmpty()) {
      return "";
    }
    JsonNode value = event;
    for (String name : subject) {
      value = value.path(name);
    }
    return value.asText("");
  }

  /**
   * Replaces the value that names the person, if there is one.
   *
   * @param text the replacement of a text
   * @param number the replacement of a number
   */
  public void replaceSubject(ObjectNode event, String text, long number) {
    JsonNode parent = event;
    for (int i = 0; i < subject.size() - 1; i++) {
      parent = parent.path(subject.get(i));
    }
    if (parent instanceof ObjectNode object && !subject.isEmpty()) {
      String name = subject.get(subject.size() - 1);
      if (object.path(name).isNumber()) {
        object.put(name, number);
      } else if (object.hasNonNull(name)) {
        object.put(name, text);
      }
    }
  }
}
