package dev.cameleon.contract;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Set;

/**
 * A column of {@code event} in {@code load.sql}: one top-level property of the contract.
 *
 * @param name the property's name
 * @param type what PostgreSQL makes of its values
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

  /**
   * The column of a property.
   *
   * @param rules the property's schema
   */
  static Column of(String name, JsonNode rules) {
    return new Column(name, typeOf(rules));
  }

  private static Type typeOf(JsonNode rules) {
    Set<String> types = new HashSet<>();
    JsonNode type = rules.path("type");
    if (type.isTextual()) {
      types.add(type.asText());
    }
    type.forEach(each -> types.add(each.asText()));
    types.remove("null");
    if (types.size() != 1) {
      return Type.JSONB;
    }
    return switch (types.iterator().next()) {
      case "string" -> text(rules.path("format").asText());
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
