package dev.cameleon.db;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A table that {@code load.sql} writes, as {@code cameleon.tables} declares it.
 *
 * @param table its schema and name
 * @param person the column that names the person; empty if there is none
 * @param via the reference that leads from a row to the person instead; empty if there is none
 * @param delete whether erasure deletes a person's rows, instead of rewriting them
 */
public record LoadedTable(Name table, Optional<String> person, Optional<Via> via, boolean delete) {
  /**
   * A table's name, unquoted.
   *
   * @param schema the schema
   * @param name the table
   */
  public record Name(String schema, String name) {
    /** Reads a name in SQL; one without schema is in public. */
    public static Name of(String sql) {
      Matcher parts = Pattern.compile("(?:" + WORD + DOT + ")?" + WORD).matcher(sql);
      return parts.matches()
          ? new Name(parts.group(1) == null ? "public" : word(parts.group(1)), word(parts.group(2)))
          : new Name("public", sql);
    }

    /** Formats the name for an operator. */
    @Override
    public String toString() {
      return schema + "." + name;
    }
  }

  /**
   * A reference that leads to the person through another table.
   *
   * @param column the referring column
   * @param parent the table that it refers to
   * @param key the column of the parent
   */
  public record Via(String column, Name parent, String key) {}

  private static final String WORD = "([A-Za-z_][A-Za-z0-9_$]*|\"(?:[^\"]|\"\")+\")";
  private static final String DOT = "\\s*\\.\\s*";
  private static final Pattern ENTRY =
      Pattern.compile(
          (WORD + DOT + WORD)
              + ("(?:\\s*\\(\\s*" + WORD + "?\\s*\\)")
              + ("|\\s+(?i:via)\\s+" + WORD + "\\s*=\\s*" + WORD + DOT + WORD + DOT + WORD + ")")
              + "(\\s+(?i:delete))?");
  private static final Pattern COMMA = Pattern.compile(",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)");
  private static final String FORM =
      " is not of the form public.orders(customer_id), public.order_items via order_id ="
          + " public.orders.id, or public.prices() for a table without persons; each may end with"
          + " delete";

  /**
   * Parses the declarations.
   *
   * @param text separated by commas
   * @throws IllegalArgumentException with the problem, for an operator
   */
  public static List<LoadedTable> parse(String text) {
    List<LoadedTable> tables = new ArrayList<>();
    for (String entry : COMMA.split(text, -1)) {
      LoadedTable table = parseOne(entry.strip(), tables.size() + 1);
      if (find(tables, table.table()).isPresent()) {
        throw new IllegalArgumentException("names " + table.table() + " twice");
      }
      tables.add(table);
    }
    tables.forEach(table -> requireWay(table, tables));
    return List.copyOf(tables);
  }

  private static LoadedTable parseOne(String entry, int number) {
    Matcher parts = ENTRY.matcher(entry);
    if (!parts.matches()) {
      throw new IllegalArgumentException("table " + number + FORM);
    }
    Name table = new Name(word(parts.group(1)), word(parts.group(2)));
    Optional<Via> via =
        Optional.ofNullable(parts.group(4))
            .map(
                column ->
                    new Via(
                        word(column),
                        new Name(word(parts.group(5)), word(parts.group(6))),
                        word(parts.group(7))));
    return new LoadedTable(
        table,
        Optional.ofNullable(parts.group(3)).map(LoadedTable::word),
        via,
        parts.group(8) != null);
  }

  /** A name as PostgreSQL interprets it. */
  private static String word(String written) {
    return written.startsWith("\"")
        ? written.substring(1, written.length() - 1).replace("\"\"", "\"")
        : written.toLowerCase(Locale.ROOT);
  }

  private static Optional<LoadedTable> find(List<LoadedTable> tables, Name name) {
    return tables.stream().filter(table -> table.table().equals(name)).findFirst();
  }

  /**
   * Follows the references to the person: they must end, and deleting a row must not leave orphans
   * behind.
   */
  private static void requireWay(LoadedTable table, List<LoadedTable> tables) {
    LoadedTable at = table;
    for (int steps = 0; at.via().isPresent(); steps++) {
      Name parent = at.via().get().parent();
      LoadedTable child = at;
      at =
          find(tables, parent)
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "leads from %s to %s, which is not in the list: add it"
                              .formatted(child.table(), parent)));
      if (at.delete() && !child.delete()) {
        throw new IllegalArgumentException(
            "has delete for %s, but not for %s, whose rows lead to it: after a deletion, nobody could tell to whom they belong; add delete"
                .formatted(parent, child.table()));
      }
      if (steps > tables.size()) {
        throw new IllegalArgumentException("leads from " + table.table() + " in a circle");
      }
    }
  }
}
