package dev.cameleon.errors;

import java.util.Collection;
import java.util.Comparator;

/** Suggests a known name for a misspelt one. */
public final class Spelling {
  private Spelling() {}

  /** The known name with the smallest edit distance. */
  public static String nearest(Collection<String> known, String name) {
    return known.stream()
        .min(Comparator.comparingInt(candidate -> distance(candidate, name)))
        .orElse("");
  }

  /** The Levenshtein distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitute = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitute, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
