package dev.cameleon.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A field of the contract that is masked.
 *
 * @param path the names of the properties on the way, for example {@code customer.email}; elements
 *     of an array add nothing to it
 * @param steps the way from the event to the field
 * @param kind the kind of its values
 * @param domain keeps equal values with different meanings apart: the path for {@link
 *     PiiKind#TEXT}, else the kind's word
 * @param country the region (ISO 3166-1) whose phone numbers need no {@code +}; empty if there is
 *     none
 */
public record PiiField(String path, List<Step> steps, PiiKind kind, String domain, String country) {
  /**
   * One step on the way to a field.
   *
   * @param property the property of an object; null for elements of an array
   * @param from the first of the elements
   * @param to the end of the elements, exclusive
   */
  public record Step(String property, int from, int to) {
    static Step property(String name) {
      return new Step(name, 0, 0);
    }
  }

  /** A top-level field. */
  public static PiiField of(String name, PiiKind kind) {
    return new PiiField(name, List.of(Step.property(name)), kind, kind.domain(name), "");
  }

  /**
   * Replaces each value that an event has for this field.
   *
   * @throws IllegalStateException if a value is neither text nor null. The contract allows only
   *     these; this check makes sure that no other value passes unmasked
   */
  public void replace(ObjectNode event, UnaryOperator<String> replacement) {
    replace(event, 0, replacement);
  }

  private void replace(JsonNode parent, int depth, UnaryOperator<String> replacement) {
    Step step = steps.get(depth);
    if (step.property() == null) {
      if (parent instanceof ArrayNode array) {
        for (int i = step.from(); i < Math.min(step.to(), array.size()); i++) {
          JsonNode value = replaced(array.get(i), depth, replacement);
          if (value != null) {
            array.set(i, value);
          }
        }
      }
    } else if (parent instanceof ObjectNode object) {
      JsonNode value = replaced(object.get(step.property()), depth, replacement);
      if (value != null) {
        object.set(step.property(), value);
      }
    }
  }

  /** The value's replacement; null if it has none, or if only values within it were replaced. */
  private JsonNode replaced(JsonNode value, int depth, UnaryOperator<String> replacement) {
    if (value == null || value.isNull()) {
      return null;
    }
    if (depth < steps.size() - 1) {
      replace(value, depth + 1, replacement);
      return null;
    }
    if (!value.isTextual()) {
      throw new IllegalStateException("field " + path + " is not text");
    }
    return TextNode.valueOf(replacement.apply(value.textValue()));
  }
}
