package dev.cameleon.privacy;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A row of a person.
 *
 * @param table its name, with its schema
 * @param columns an object of its columns: personal
 */
public record PersonRow(String table, JsonNode columns) {
  /** A column's name for an operator, prefixed with its table unless that is the shipped one. */
  public String label(String column) {
    return PersonalTables.label(table, column);
  }

  /** Leaves out the values. */
  @Override
  public String toString() {
    return "PersonRow[" + table + "]";
  }
}
