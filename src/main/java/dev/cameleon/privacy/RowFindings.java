package dev.cameleon.privacy;

import dev.cameleon.mask.Token;
import dev.cameleon.privacy.Doctor.Verdict;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The doctor's checks of {@code public.user_logins}: which keys are in use, and which values no key
 * made.
 */
final class RowFindings {
  private final Doctor doctor;

  RowFindings(Doctor doctor) {
    this.doctor = doctor;
  }

  void look(List<String> columns) throws SQLException {
    Set<String> known = new HashSet<>();
    Set<String> older = new HashSet<>();
    for (List<String> key : doctor.query("SELECT key_id, follows FROM cameleon.mask_key")) {
      known.add(key.get(0));
      if (key.get(1) != null) {
        older.add(key.get(1));
      }
    }
    TreeMap<String, Map<String, Long>> counts = new TreeMap<>();
    if (!columns.isEmpty()) {
      for (List<String> row : doctor.query(countsByKey(columns))) {
        counts
            .computeIfAbsent(row.get(0), column -> new TreeMap<>())
            .put(row.get(1), Long.parseLong(row.get(2)));
      }
    }
    counts.keySet().removeIf(column -> !holdsTokens(column, counts.get(column), known));
    if (counts.isEmpty()) {
      doctor.add("rows", Verdict.NOTE, "no column of user_logins holds tokens yet");
    }
    counts.forEach(
        (column, byKey) -> {
          List<String> words = new ArrayList<>();
          byKey.forEach((key, rows) -> words.add(name(key) + " " + rows));
          doctor.add("rows", Verdict.OK, column + " by key: " + String.join(", ", words));
        });
    totals(counts, older);
  }

  private static String countsByKey(List<String> columns) {
    return "SELECT name, key, count(*) FROM (SELECT v.name, "
        + Doctor.keyOf("v.value")
        + " AS key FROM public.user_logins l CROSS JOIN LATERAL "
        + Logins.values(columns, "l")
        + " WHERE v.value IS NOT NULL) t GROUP BY name, key";
  }

  /**
   * Whether the column should hold tokens. A user id that is not masked may have any form; that is
   * not a missing mask.
   */
  private static boolean holdsTokens(String column, Map<String, Long> byKey, Set<String> known) {
    long tokens = 0;
    long all = 0;
    for (var entry : byKey.entrySet()) {
      boolean token = known.contains(entry.getKey()) || entry.getKey().equals(Token.ERASED);
      tokens += token ? entry.getValue() : 0;
      all += entry.getValue();
    }
    return tokens > 0 && (!column.equals("user_id") || 2 * tokens > all);
  }

  private void totals(Map<String, Map<String, Long>> counts, Set<String> older)
      throws SQLException {
    long old = 0;
    for (String key : older) {
      old += sum(counts, key);
    }
    if (!older.isEmpty()) {
      String keys =
          " WHERE "
              + TokenInSql.keyId("token")
              + " IN (SELECT follows FROM cameleon.mask_key WHERE follows IS NOT NULL)";
      long stored = doctor.number("SELECT count(*) FROM cameleon.vault" + keys);
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
