package dev.cameleon.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.contract.PiiField;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Tests how the tokens of an event arrive in the tables. {@code reveal}, erasure and rotation find
 * a token only as the whole value of a text column. A hash or another encoding of a token looks
 * like any other value, so it is not noticed.
 */
public final class TokenArrival {
  /** The random part of a token, at its end. */
  private static final int RANDOM = 22;

  /** This many characters in a row are part of a token and not a coincidence. */
  private static final int PART = 8;

  private static final String KINDS =
      """
      SELECT attname, CASE WHEN typname = 'bpchar' THEN 'char'
               WHEN typcategory = 'S' AND typname <> 'name' THEN 'text' ELSE 'other' END
        FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
       WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped
      """;

  private final LoadSql file;
  private final LoadStatement statement;
  private final List<PiiField> fields;
  private final Set<String> tried = new HashSet<>();
  private final Set<String> found = new HashSet<>();
  private final Set<String> problems = new LinkedHashSet<>();

  /**
   * Prepares the trial.
   *
   * @param fields the masked fields
   */
  public TokenArrival(LoadSql file, LoadStatement statement, List<PiiField> fields) {
    this.file = file;
    this.statement = statement;
    this.fields = fields;
  }

  /**
   * Loads an event.
   *
   * @param connection in a transaction that the caller rolls back
   * @param event a masked event in which each token occurs once
   * @param values the same event, for the statement
   */
  public void load(Connection connection, ObjectNode event, LoadParameters values)
      throws SQLException {
    List<List<ObjectNode>> rows = new TrialLoad(statement, connection).byInsert(values);
    for (int i = 0; i < rows.size(); i++) {
      LoadSql.Insert insert = file.inserts().get(i);
      Map<String, String> kinds = kinds(connection, insert.table());
      for (ObjectNode row : rows.get(i)) {
        row.properties()
            .forEach(
                column ->
                    look(
                        event,
                        column.getValue(),
                        kinds.getOrDefault(column.getKey(), "other"),
                        file.place(insert.offset())
                            + ": "
                            + insert.table()
                            + "."
                            + column.getKey()));
      }
    }
    tokens(event).forEach((token, path) -> tried.add(path));
  }

  private Map<String, String> tokens(ObjectNode event) {
    Map<String, String> tokens = new HashMap<>();
    for (PiiField field : fields) {
      field.replace(
          event,
          token -> {
            tokens.put(token, field.path());
            return token;
          });
    }
    return tokens;
  }

  private static Map<String, String> kinds(Connection connection, String table)
      throws SQLException {
    Map<String, String> kinds = new HashMap<>();
    try (PreparedStatement query = connection.prepareStatement(KINDS)) {
      query.setString(1, table);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          kinds.put(row.getString(1), row.getString(2));
        }
      }
    }
    return kinds;
  }

  private void look(ObjectNode event, JsonNode value, String kind, String column) {
    boolean plain = value.isTextual() && !kind.equals("other");
    String text = value.isTextual() ? value.textValue() : value.toString();
    String whole = kind.equals("char") ? text.stripTrailing() : text;
    tokens(event)
        .forEach(
            (token, path) -> {
              if (plain && whole.equals(token)) {
                found.add(path);
              } else if (hasPart(text, token)) {
                found.add(path);
                problems.add(
                    "%s gets the token of %s %s: reveal, erase and keys retokenize do not find it there; store it unchanged in a column of type text"
                        .formatted(column, path, how(plain, whole, token)));
              }
            });
  }

  /** Whether a text holds a run of the token's random characters, in upper or lower case. */
  private static boolean hasPart(String text, String token) {
    String in = text.toLowerCase(Locale.ROOT);
    String random = token.substring(token.length() - RANDOM).toLowerCase(Locale.ROOT);
    for (int i = 0; i + PART <= RANDOM; i++) {
      if (in.contains(random.substring(i, i + PART))) {
        return true;
      }
    }
    return false;
  }

  private static String how(boolean plain, String value, String token) {
    if (!plain) {
      return "inside json, an array or another type that is not text";
    }
    if (value.equalsIgnoreCase(token)) {
      return "with changed upper and lower case";
    }
    return value.contains(token) ? "within a longer text" : "changed or cut off";
  }

  /** The columns in which a token arrives but would not be found, each as one sentence. */
  public List<String> problems() {
    return List.copyOf(problems);
  }

  /** The paths of fields whose tokens arrive nowhere. */
  public List<String> lost() {
    return paths(path -> tried.contains(path) && !found.contains(path));
  }

  /** The fields for which no event had a value. */
  public List<String> untried() {
    return paths(path -> !tried.contains(path));
  }

  private List<String> paths(Predicate<String> which) {
    return new ArrayList<>(
        new LinkedHashSet<>(fields.stream().map(PiiField::path).filter(which).toList()));
  }
}
