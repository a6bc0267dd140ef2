package dev.cameleon.privacy;

import dev.cameleon.mask.Token;
import dev.cameleon.privacy.Doctor.Verdict;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/** The doctor's checks of the loaded tables: the keys in use, and values that are not tokens. */
final class RowFindings {
  /** How many values of a column have a token of this key. */
  private record Count(String name, String key, long values) {}

  private final Doctor doctor;
  private final Handle db;

  RowFindings(Doctor doctor, Handle db) {
    this.doctor = doctor;
    this.db = db;
  }

  void look(PersonalTables tables) {
    Set<String> people = new HashSet<>();
    for (PersonalTables.Table table : tables.all()) {
      table.people().forEach(person -> people.add(table.label(person)));
    }
    Set<String> known = Set.copyOf(doctor.texts("SELECT key_id FROM cameleon.mask_key"));
    List<String> older =
        doctor.texts("SELECT DISTINCT follows FROM cameleon.mask_key WHERE follows IS NOT NULL");
    TreeMap<String, Map<String, Long>> counts = new TreeMap<>();
    db.createQuery(countsByKey(tables))
        .map((row, context) -> new Count(row.getString(1), row.getString(2), row.getLong(3)))
        .forEach(
            count ->
                counts
                    .computeIfAbsent(count.name(), column -> new TreeMap<>())
                    .put(count.key(), count.values()));
    counts
        .keySet()
        .removeIf(column -> !holdsTokens(people.contains(column), counts.get(column), known));
    if (counts.isEmpty()) {
      doctor.add(
          "rows",
          Verdict.NOTE,
          "no column of "
              + String.join(", ", tables.all().stream().map(PersonalTables.Table::label).toList())
              + " holds tokens yet");
    }
    counts.forEach(
        (column, byKey) -> {
          List<String> words = new ArrayList<>();
          byKey.forEach((key, rows) -> words.add(name(key) + " " + rows));
          doctor.add("rows", Verdict.OK, column + " by key: " + String.join(", ", words));
        });
    totals(counts, older);
    hidden(tables);
  }

  private void hidden(PersonalTables tables) {
    List<String> columns =
        doctor.texts(
            "SELECT name || ' (' || count(*) || ')' FROM %s h WHERE %s AND NOT %s GROUP BY name ORDER BY name"
                .formatted(
                    tables.hidden(), TokenInSql.isOurs("token"), TokenInSql.isErased("token")));
    doctor.none(
        "hidden",
        columns.size(),
        Verdict.WRONG,
        "columns of arrays, json or composite types with tokens in them",
        String.join(", ", columns)
            + "; a rotation does not reach these, and a person with such a row is not"
            + " erased: store each masked value unchanged in a column of type text");
  }

  private static String countsByKey(PersonalTables tables) {
    return """
        SELECT name, key, count(*)
          FROM (SELECT v.name, %s AS key FROM %s WHERE v.value IS NOT NULL) t GROUP BY name, key
        """
        .formatted(Doctor.keyOf("v.value"), tables.values());
  }

  /**
   * Whether the column should hold tokens. An unmasked user id may have any form, so a column of
   * persons counts only if most of its values are tokens.
   */
  private static boolean holdsTokens(boolean person, Map<String, Long> byKey, Set<String> known) {
    long tokens = 0;
    long all = 0;
    for (var entry : byKey.entrySet()) {
      boolean token = known.contains(entry.getKey()) || entry.getKey().equals(Token.ERASED);
      tokens += token ? entry.getValue() : 0;
      all += entry.getValue();
    }
    return tokens > 0 && (!person || 2 * tokens > all);
  }

  private void totals(Map<String, Map<String, Long>> counts, List<String> older) {
    if (!older.isEmpty()) {
      long old = older.stream().mapToLong(key -> sum(counts, key)).sum();
      long stored =
          doctor.number("SELECT count(*) FROM cameleon.vault WHERE " + TokenInSql.isOlder("token"));
      doctor.none(
          "older keys",
          doctor.number("SELECT count(*) - 1 FROM cameleon.mask_key WHERE retired_at IS NULL"),
          Verdict.NOTE,
          "older keys that loaders may still use",
          "a mask key rotation has not ended; run keys retokenize once every loader"
              + " has the new keyset");
      doctor.none(
          "rotation",
          old + stored,
          Verdict.NOTE,
          "tokens of an older key in rows and vault",
          "a mask key rotation has not ended, and the duplicate views may show a value"
              + " twice; run keys retokenize");
    }
    doctor.none(
        "unknown keys",
        sum(counts, "?"),
        Verdict.WRONG,
        "tokens of a key that this database does not know",
        "their rows came from another system or another keyset, and match no other rows");
    doctor.none(
        "old formats",
        sum(counts, ""),
        Verdict.WRONG,
        "values in token columns that are not tokens",
        "they may be personal data, unmasked; rewrite or delete these rows");
    doctor.add("erased", Verdict.OK, sum(counts, Token.ERASED) + " random tokens of erased values");
  }

  private static long sum(Map<String, Map<String, Long>> counts, String key) {
    return counts.values().stream().mapToLong(byKey -> byKey.getOrDefault(key, 0L)).sum();
  }

  private static String name(String key) {
    return switch (key) {
      case "" -> "no token";
      case "?" -> "unknown key";
      case Token.ERASED -> "erased";
      default -> key;
    };
  }
}
