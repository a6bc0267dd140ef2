package dev.cameleon.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/** The properties of an event that come from message attributes ({@code x-attribute}). */
final class Attributes {
  private record Source(String attribute, Set<String> types) {}

  private final Map<String, Source> byProperty = new LinkedHashMap<>();

  /**
   * Adds a property.
   *
   * @param types the types that the contract allows, because an attribute itself is always a text
   */
  void add(String property, String attribute, Set<String> types) {
    byProperty.put(property, new Source(attribute, types));
  }

  boolean isEmpty() {
    return byProperty.isEmpty();
  }

  /** The attributes' names. */
  Set<String> names() {
    Set<String> names = new HashSet<>();
    byProperty.values().forEach(source -> names.add(source.attribute()));
    return names;
  }

  /**
   * The values in a message.
   *
   * @param envelope whether the body may be an SNS envelope, which has attributes of its own
   * @param received the attributes of the message itself, which take precedence; null stands for
   *     none
   */
  Map<String, String> values(
      ObjectNode body, boolean envelope, Map<String, MessageAttributeValue> received) {
    Map<String, String> values = new HashMap<>();
    for (String name : names()) {
      MessageAttributeValue value = received == null ? null : received.get(name);
      JsonNode sns = body.path("MessageAttributes").path(name).path("Value");
      if (value != null && value.stringValue() != null) {
        values.put(name, value.stringValue());
      } else if (envelope && sns.isTextual()) {
        values.put(name, sns.textValue());
      }
    }
    return values;
  }

  /** Sets the properties, and removes those without an attribute, even if the body has them. */
  void fill(ObjectNode event, Map<String, String> values) {
    for (Map.Entry<String, Source> each : byProperty.entrySet()) {
      String value = values.get(each.getValue().attribute());
      if (value == null) {
        event.remove(each.getKey());
      } else {
        event.set(each.getKey(), node(value, each.getValue().types()));
      }
    }
  }

  private static JsonNode node(String value, Set<String> types) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    if (!types.contains("string") && types.contains("boolean") && value.matches("true|false")) {
      return json.booleanNode(value.equals("true"));
    }
    if (!types.contains("string") && value.length() <= 100) {
      try {
        return json.numberNode(new BigDecimal(value));
      } catch (NumberFormatException e) {
        return json.textNode(value); // the contract's type then rejects it
      }
    }
    return json.textNode(value);
  }
}
