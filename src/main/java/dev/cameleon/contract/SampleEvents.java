package dev.cameleon.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Generates an event from a contract, with every property that it names. The event may be invalid,
 * because rules between properties are not considered.
 */
final class SampleEvents {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final int DEEPEST = 16;

  /** The length of a text that the contract does not bound. */
  private static final int UNBOUNDED = 1;

  private static final int LONGEST = 10_000;

  /** Values for formats and for kinds of personal data; addresses of RFC 5737 and RFC 3849. */
  private static final Map<String, String> FORMATS =
      Map.ofEntries(
          Map.entry("ipv4", "192.0.2.1"),
          Map.entry("ipv6", "2001:db8::1"),
          Map.entry("ip", "192.0.2.1"),
          Map.entry("email", "ada@example.org"),
          Map.entry("idn-email", "ada@example.org"),
          Map.entry("phone", "+493012345678"),
          Map.entry("date-time", "2026-03-01T12:00:00Z"),
          Map.entry("date", "2026-03-01"),
          Map.entry("time", "12:00:00Z"),
          Map.entry("duration", "PT1H"),
          Map.entry("uuid", "00000000-0000-4000-8000-000000000000"),
          Map.entry("uri", "https://example.org/"),
          Map.entry("uri-reference", "https://example.org/"),
          Map.entry("hostname", "example.org"));

  private final References references;
  private final boolean longest;

  private SampleEvents(References references, boolean longest) {
    this.references = references;
    this.longest = longest;
  }

  /** Checks an event. */
  interface Check {
    void check(ObjectNode event) throws RejectedException;
  }

  /** The contract's examples; without these, a generated event, and one with the longest texts. */
  static List<Sample> of(JsonNode document, References references, Check check) {
    List<Sample> samples = new ArrayList<>();
    JsonNode examples = document.path("examples");
    for (int i = 0; i < examples.size(); i++) {
      samples.add(sample("examples/" + i, true, examples.get(i).deepCopy(), check));
    }
    if (samples.isEmpty()) {
      List<JsonNode> root = List.of(document);
      ObjectNode event = new SampleEvents(references, false).object(root, 0);
      ObjectNode longest = new SampleEvents(references, true).object(root, 0);
      boolean same = longest.equals(event);
      samples.add(sample("a sample event", false, event, check));
      if (!same) {
        samples.add(sample("a sample event with the longest texts", false, longest, check));
      }
    }
    return samples;
  }

  private static Sample sample(String name, boolean example, JsonNode event, Check check) {
    if (!(event instanceof ObjectNode object)) {
      return new Sample(name, example, null, "it is not an object");
    }
    try {
      check.check(object);
      return new Sample(name, example, object, "");
    } catch (RejectedException e) {
      return new Sample(name, example, object, e.getMessage());
    }
  }

  private List<JsonNode> layers(JsonNode schema) {
    List<JsonNode> layers = new ArrayList<>(List.of(schema));
    JsonNode last = schema;
    while (last.path("$ref").isTextual() && layers.size() < DEEPEST) {
      last = references.target(last.path("$ref").asText()).orElse(MissingNode.getInstance());
      layers.add(last);
    }
    layers.addAll(List.copyOf(branches(layers)));
    return layers;
  }

  /** All schemas of allOf, and one of the alternatives. */
  private static List<JsonNode> branches(List<JsonNode> layers) {
    List<JsonNode> branches = new ArrayList<>();
    for (JsonNode layer : layers) {
      layer.path("allOf").forEach(branches::add);
      for (String choice : List.of("anyOf", "oneOf")) {
        if (!layer.path(choice).isEmpty()) {
          branches.add(layer.path(choice).get(0));
        }
      }
    }
    return branches;
  }

  private JsonNode value(JsonNode schema, int depth) {
    List<JsonNode> layers = layers(schema);
    if (!Column.first(layers, "const").isMissingNode()) {
      return Column.first(layers, "const");
    }
    for (String listed : List.of("enum", "examples")) {
      if (!Column.first(layers, listed).isEmpty()) {
        return chosen(Column.first(layers, listed));
      }
    }
    return switch (depth > DEEPEST ? "null" : type(layers)) {
      case "object" -> object(layers, depth);
      case "array" -> array(layers, depth);
      case "integer", "number" -> number(layers);
      case "boolean" -> JSON.booleanNode(true);
      case "null" -> JSON.nullNode();
      default -> TextNode.valueOf(text(layers));
    };
  }

  private JsonNode chosen(JsonNode listed) {
    JsonNode chosen = listed.get(0);
    for (JsonNode each : listed) {
      if (longest && each.asText().length() > chosen.asText().length()) {
        chosen = each;
      }
    }
    return chosen;
  }

  private static String type(List<JsonNode> layers) {
    for (JsonNode layer : layers) {
      JsonNode type = layer.path("type");
      if (type.isTextual()) {
        return type.asText();
      }
      for (JsonNode each : type) {
        if (!each.asText().equals("null")) {
          return each.asText();
        }
      }
    }
    return Column.first(layers, "properties").isMissingNode() ? "string" : "object";
  }

  private ObjectNode object(List<JsonNode> layers, int depth) {
    ObjectNode object = JSON.objectNode();
    for (JsonNode layer : layers) {
      for (Map.Entry<String, JsonNode> property : layer.path("properties").properties()) {
        if (!object.has(property.getKey()) && !property.getValue().equals(Column.NEVER)) {
          object.set(property.getKey(), value(property.getValue(), depth + 1));
        }
      }
    }
    return object;
  }

  private ArrayNode array(List<JsonNode> layers, int depth) {
    ArrayNode array = JSON.arrayNode();
    Column.first(layers, "prefixItems").forEach(each -> array.add(value(each, depth + 1)));
    JsonNode items = Column.first(layers, "items");
    int least = Math.max(Column.first(layers, "minItems").asInt(0), 1);
    while (array.size() < least && items.isObject()) {
      array.add(value(items, depth + 1));
    }
    return array;
  }

  private static JsonNode number(List<JsonNode> layers) {
    BigDecimal number = BigDecimal.ONE;
    if (Column.first(layers, "maximum").isNumber()) {
      number = number.min(Column.first(layers, "maximum").decimalValue());
    }
    if (Column.first(layers, "exclusiveMaximum").isNumber()) {
      number =
          number.min(
              Column.first(layers, "exclusiveMaximum").decimalValue().subtract(BigDecimal.ONE));
    }
    if (Column.first(layers, "minimum").isNumber()) {
      number = number.max(Column.first(layers, "minimum").decimalValue());
    }
    if (Column.first(layers, "exclusiveMinimum").isNumber()) {
      number =
          number.max(Column.first(layers, "exclusiveMinimum").decimalValue().add(BigDecimal.ONE));
    }
    boolean whole = number.stripTrailingZeros().scale() <= 0;
    return whole && number.precision() < 18
        ? LongNode.valueOf(number.longValue())
        : DecimalNode.valueOf(number);
  }

  private String text(List<JsonNode> layers) {
    int least = Column.first(layers, "minLength").asInt(0);
    int most =
        Math.min(Column.first(layers, "maxLength").asInt(Math.max(least, UNBOUNDED)), LONGEST);
    JsonNode pattern = Column.first(layers, "pattern");
    if (pattern.isTextual()) {
      int bound = Column.first(layers, "maxLength").asInt(longest ? 64 : LONGEST);
      return SampleText.of(pattern.asText(), least, Math.min(bound, LONGEST), longest).orElse("a");
    }
    for (String keyword : List.of("format", Keywords.PII)) {
      String value = FORMATS.get(Column.first(layers, keyword).asText());
      if (value != null) {
        return value;
      }
    }
    return "a".repeat(longest ? most : Math.max(least, Math.min(1, most)));
  }
}
