package dev.cameleon.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A column of {@code event} in {@code load.sql}: one top-level property of the contract.
 *
 * @param name the property's name
 * @param type the PostgreSQL type of its values
 */
public record Column(String name, Type type) {
  /** The PostgreSQL type of a column. */
  public enum Type {
    /** A string. */
    TEXT("text"),
    /** An integer; the contract rejects one that exceeds 64 bits. */
    BIGINT("bigint"),
    /** Any number. */
    NUMERIC("numeric"),
    /** True or false. */
    BOOLEAN("boolean"),
    /** A string of format {@code date-time}. */
    TIMESTAMPTZ("timestamptz"),
    /** A string of format {@code date}. */
    DATE("date"),
    /** A string of format {@code uuid}. */
    UUID("uuid"),
    /** An object, an array, a union of types, or a property without a type. */
    JSONB("jsonb");

    private final String sql;

    Type(String sql) {
      this.sql = sql;
    }

    /** The type's name in SQL. */
    public String sql() {
      return sql;
    }
  }

  /** Columns that Cameleon adds to {@code event}; a field of that name would hide them. */
  private static final Set<String> OWN = Set.of("message_id", "event_number", "sent_at");

  /** PostgreSQL truncates longer names. */
  private static final int MOST_BYTES = 63;

  /** A schema that no value matches, and that names no property. */
  static final JsonNode NEVER = BooleanNode.FALSE;

  /**
   * The column of a property.
   *
   * @param layers the property's schema, and those that its {@code $ref} leads to
   * @param others the columns so far
   * @param problems receives problems with the name
   */
  static Column of(
      String name, List<JsonNode> layers, Map<String, Column> others, List<String> problems) {
    String at = "field \"" + name + "\": ";
    if (OWN.contains(name.toLowerCase(Locale.ROOT))) {
      problems.add(at + "Cameleon uses a column of this name itself; rename the field");
    }
    if (name.isEmpty() || name.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
      problems.add(at + "a column's name has 1 to 63 bytes");
    }
    if (name.contains(":?") || name.chars().anyMatch(Character::isISOControl)) {
      problems.add(at + "a column's name may have neither control characters nor :?");
    }
    others.keySet().stream()
        .filter(name::equalsIgnoreCase)
        .forEach(
            other ->
                problems.add(
                    at
                        + "differs from \""
                        + other
                        + "\" only in upper and lower case, which SQL ignores"));
    return new Column(name, typeOf(layers));
  }

  /**
   * The types that a value may have, according to the first of these schemas that restricts them.
   */
  static Set<String> types(List<JsonNode> layers) {
    Set<String> types = new TreeSet<>();
    JsonNode type = first(layers, "type");
    if (type.isTextual()) {
      types.add(type.asText());
    }
    type.forEach(each -> types.add(each.asText()));
    return types;
  }

  /** A keyword's value in the first of these schemas that has it; a missing node if none has. */
  static JsonNode first(List<JsonNode> layers, String keyword) {
    return layers.stream()
        .filter(layer -> layer.has(keyword))
        .findFirst()
        .map(layer -> layer.get(keyword))
        .orElse(MissingNode.getInstance());
  }

  private static Type typeOf(List<JsonNode> layers) {
    Set<String> types = types(layers);
    types.remove("null");
    if (types.size() != 1) {
      return Type.JSONB;
    }
    return switch (types.iterator().next()) {
      case "string" -> text(first(layers, "format").asText());
      case "integer" -> Type.BIGINT;
      case "number" -> Type.NUMERIC;
      case "boolean" -> Type.BOOLEAN;
      default -> Type.JSONB;
    };
  }

  private static Type text(String format) {
    return switch (format) {
      case "date-time" -> Type.TIMESTAMPTZ;
      case "date" -> Type.DATE;
      case "uuid" -> Type.UUID;
      default -> Type.TEXT;
    };
  }
}
