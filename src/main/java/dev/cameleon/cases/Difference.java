package dev.cameleon.cases;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.mask.Masker;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Compares the actual result of a message with the expected one. */
public final class Difference {
  /**
   * A line of the difference.
   *
   * @param sign {@code -} for expected, {@code +} for actual, a space for the place
   * @param text may hold values of the case
   */
  public record Line(char sign, String text) {
    @Override
    public String toString() {
      return sign + " " + text;
    }
  }

  private static final String MASKED = "masked";

  private final Case.Expected expected;
  private final Masker masker;
  private final Set<String> upserts;
  private final List<Line> lines = new ArrayList<>();

  /** Prepares a comparison; {@code upserts} are the tables that are written with ON CONFLICT. */
  Difference(Case.Expected expected, Masker masker, Set<String> upserts) {
    this.expected = expected;
    this.masker = masker;
    this.upserts = upserts;
  }

  List<Line> from(Actual actual) {
    String outcome = outcome();
    if (!outcome.equals(actual.outcome())) {
      add('-', outcome.isEmpty() ? "rows" : outcome);
      String why = actual.detail().isEmpty() ? "" : "   # " + actual.detail();
      add('+', (actual.outcome().isEmpty() ? "rows" : actual.outcome()) + why);
    }
    Set<String> tables = new TreeSet<>(actual.rows().keySet());
    if (actual.outcome().isEmpty()) {
      tables.addAll(expected.rows().keySet());
    }
    for (String table : tables) {
      compare(
          table,
          expected.rows().getOrDefault(table, List.of()),
          actual.rows().getOrDefault(table, List.of()));
    }
    return lines;
  }

  private String outcome() {
    if (expected.ignored()) {
      return Actual.IGNORED;
    }
    return expected.reason().isEmpty()
        ? ""
        : Actual.deadLetter(expected.reason(), expected.field());
  }

  private void compare(String table, List<Map<String, JsonNode>> wanted, List<ObjectNode> came) {
    List<Map<String, JsonNode>> missing = new ArrayList<>();
    List<ObjectNode> others = new ArrayList<>(came);
    // The most specific rows first: they match the fewest.
    List<Map<String, JsonNode>> sorted = new ArrayList<>(wanted);
    sorted.sort(Comparator.comparingInt(row -> -row.size()));
    for (Map<String, JsonNode> row : sorted) {
      ObjectNode fitting =
          others.stream().filter(other -> fits(row, other)).findFirst().orElse(null);
      if (fitting == null) {
        missing.add(row);
      } else {
        others.remove(fitting);
      }
    }
    missing.sort(Comparator.comparingInt(wanted::indexOf));
    for (int i = 0; i < Math.max(missing.size(), others.size()); i++) {
      if (i >= missing.size()) {
        add(' ', table + ": a row that is not expected");
        add('+', others.get(i).toString());
      } else if (i >= others.size()) {
        add(
            ' ',
            table + ": row " + (wanted.indexOf(missing.get(i)) + 1) + " is missing" + met(table));
        missing.get(i).forEach((column, value) -> add('-', column + ": " + value));
      } else {
        add(' ', table + ": row " + (wanted.indexOf(missing.get(i)) + 1));
        columns(missing.get(i), others.get(i));
      }
    }
  }

  private String met(String table) {
    return upserts.contains(table)
        ? "; its ON CONFLICT may have met a row that the database has: use other ids in the case"
        : "";
  }

  private void columns(Map<String, JsonNode> wanted, ObjectNode came) {
    wanted.forEach(
        (column, value) -> {
          JsonNode is = came.get(column);
          if (is == null) {
            add('-', column + ": " + value);
            add('+', "(the table has no column of this name)");
          } else if (!fits(value, is)) {
            add('-', column + ": " + value);
            add('+', column + ": " + is);
          }
        });
  }

  private void add(char sign, String text) {
    lines.add(new Line(sign, text));
  }

  private boolean fits(Map<String, JsonNode> wanted, ObjectNode came) {
    return wanted.entrySet().stream()
        .allMatch(
            each -> came.has(each.getKey()) && fits(each.getValue(), came.get(each.getKey())));
  }

  private boolean fits(JsonNode wanted, JsonNode came) {
    if (wanted.isObject() && wanted.size() == 1 && wanted.path(MASKED).isValueNode()) {
      return came.isTextual() && masker.makes(came.textValue(), wanted.get(MASKED).asText());
    }
    if (wanted.isNumber() && came.isNumber()) {
      return wanted.decimalValue().compareTo(came.decimalValue()) == 0;
    }
    if (wanted.isTextual() && came.isTextual()) {
      return wanted.equals(came) || isSameTime(wanted.textValue(), came.textValue());
    }
    if (wanted.isContainerNode() && wanted.getNodeType() == came.getNodeType()) {
      return wanted.size() == came.size() && partsFit(wanted, came);
    }
    return wanted.equals(came);
  }

  private boolean partsFit(JsonNode wanted, JsonNode came) {
    if (wanted.isObject()) {
      return wanted.properties().stream()
          .allMatch(
              each -> came.has(each.getKey()) && fits(each.getValue(), came.get(each.getKey())));
    }
    for (int i = 0; i < wanted.size(); i++) {
      if (!fits(wanted.get(i), came.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** PostgreSQL writes a timestamptz with the offset of the session. */
  private static boolean isSameTime(String a, String b) {
    try {
      return OffsetDateTime.parse(a).isEqual(OffsetDateTime.parse(b));
    } catch (DateTimeException e) {
      return false;
    }
  }
}
