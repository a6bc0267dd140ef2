package dev.cameleon.privacy;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A row of a person.
 *
 * @param table its name, with its schema
 * @param columns an object of its columns: personal
 */
public record PersonRow(String table, JsonNode columns) {
  /** A column's name for an operator: with its table, unless it is the shipped one. */
  public String label(String column) {
    return PersonalTables.label(table, column);
  }

  /** Without the values. */
  @Override
  public String toString() {
    return "PersonRow[" + table + "]";
  }
}
