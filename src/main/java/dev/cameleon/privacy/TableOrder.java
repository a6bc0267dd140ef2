package dev.cameleon.privacy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The order in which a person's rows are rewritten or deleted: a table comes before the tables that
 * its rows lead to, in any pipeline, because afterwards nobody can tell to whom its rows belong;
 * and otherwise before the tables that its foreign keys refer to.
 */
final class TableOrder {
  private final Map<String, Set<String>> leadsTo = new HashMap<>();
  private final Map<String, Set<String>> refersTo = new HashMap<>();

  /**
   * Adds a table.
   *
   * @param leadsTo the tables through which its rows lead to the person
   * @param refersTo the tables of its foreign keys
   */
  void add(String table, Set<String> leadsTo, Set<String> refersTo) {
    this.leadsTo.put(table, leadsTo);
    this.refersTo.put(table, refersTo);
  }

  /** Sorts tables; the rest stays in order. */
  void sort(List<PersonalTables.Table> tables) {
    List<PersonalTables.Table> left = new ArrayList<>(tables);
    tables.clear();
    while (!left.isEmpty()) {
      Comparator<PersonalTables.Table> order =
          Comparator.comparing(
              (PersonalTables.Table table) -> isAwaited(table.name(), left, leadsTo));
      PersonalTables.Table next =
          left.stream()
              .min(order.thenComparing(table -> isAwaited(table.name(), left, refersTo)))
              .orElseThrow();
      left.remove(next);
      tables.add(next);
    }
  }

  /** Whether another table has to come before this one. */
  private static boolean isAwaited(
      String name, List<PersonalTables.Table> left, Map<String, Set<String>> before) {
    return left.stream()
        .anyMatch(other -> !other.name().equals(name) && before.get(other.name()).contains(name));
  }
}
