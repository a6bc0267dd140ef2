package dev.cameleon.cases;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cameleon.config.YamlPart;
import dev.cameleon.contract.Violation;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.SafeQuote;
import dev.cameleon.errors.Spelling;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the cases of a folder, and names every mistake in them with file and line. */
public final class CaseFiles {
  private static final List<String> OUTCOMES = List.of("rows", "ignored", "dead_letter");
  private static final List<String> KEYS =
      List.of("name", "body", "attributes", "sent_at", "rows", "ignored", "dead_letter");
  private static final List<String> REASONS =
      Arrays.stream(Violation.values()).map(Violation::name).toList();

  private final Set<String> tables;
  private final List<String> problems = new ArrayList<>();

  private CaseFiles(Set<String> tables) {
    this.tables = tables;
  }

  /**
   * Reads {@code *.yaml} of a folder, in the order of their names.
   *
   * @param tables the tables that {@code load.sql} writes
   * @throws InvalidSettingsException with every mistake, or if there is no case
   */
  public static List<Case> read(Path folder, Set<String> tables) throws InvalidSettingsException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "*.yaml")) {
      found.forEach(files::add);
    } catch (IOException e) {
      throw new InvalidSettingsException("cannot list " + SafeQuote.path(folder));
    }
    Collections.sort(files);
    CaseFiles reader = new CaseFiles(tables);
    List<Case> cases = new ArrayList<>();
    for (Path file : files) {
      try {
        reader.file(YamlPart.read(file), cases);
      } catch (InvalidSettingsException e) {
        reader.problems.addAll(e.problems());
      }
    }
    if (cases.isEmpty() && reader.problems.isEmpty()) {
      reader.problems.add("no case in " + SafeQuote.path(folder) + "/*.yaml");
    }
    InvalidSettingsException.throwIfAny(reader.problems);
    return cases;
  }

  private void file(YamlPart file, List<Case> cases) {
    if (!file.isList()) {
      problem(file, "a file of cases is a list: - name: …");
    }
    for (YamlPart each : file.elements()) {
      int before = problems.size();
      Case read = read(each);
      if (problems.size() == before) {
        cases.add(read);
      }
    }
  }

  private Case read(YamlPart part) {
    Map<String, YamlPart> entries = part.entries();
    known(part, KEYS);
    YamlPart none = null;
    YamlPart name = entries.get("name");
    YamlPart body = entries.get("body");
    if (name == none || name.text().isEmpty()) {
      problem(part, "a case needs a name: what it shows");
    }
    if (body == none) {
      problem(part, "a case needs a body: a mapping, or the text of the message");
    }
    if (OUTCOMES.stream().filter(entries::containsKey).count() != 1) {
      problem(part, "a case needs one of rows, ignored: true or dead_letter");
    }
    Map<String, String> attributes = new LinkedHashMap<>();
    if (entries.get("attributes") != none) {
      entries
          .get("attributes")
          .entries()
          .forEach((key, value) -> attributes.put(key, value.text()));
    }
    return new Case(
        name == none ? "" : name.text(),
        part.place(),
        body == none ? "" : body(body),
        attributes,
        sentAt(entries.get("sent_at")),
        expected(entries));
  }

  /** A text is the body itself, and may be malformed. */
  private static String body(YamlPart body) {
    JsonNode json = body.json();
    return json.isTextual() ? json.textValue() : json.toString();
  }

  private Instant sentAt(YamlPart part) {
    if (part == null) {
      return Instant.now();
    }
    try {
      return OffsetDateTime.parse(part.text()).toInstant();
    } catch (DateTimeException e) {
      problem(part, "sent_at must be a time such as 2026-03-01T12:00:00Z");
      return Instant.EPOCH;
    }
  }

  private Case.Expected expected(Map<String, YamlPart> entries) {
    YamlPart ignored = entries.get("ignored");
    if (ignored != null && !ignored.text().equals("true")) {
      problem(ignored, "ignored can only be true");
    }
    String reason = "";
    String field = "";
    YamlPart deadLetter = entries.get("dead_letter");
    if (deadLetter != null) {
      known(deadLetter, List.of("reason", "field"));
      Map<String, YamlPart> parts = deadLetter.entries();
      reason = parts.containsKey("reason") ? parts.get("reason").text() : "";
      field = parts.containsKey("field") ? parts.get("field").text() : "";
      if (!REASONS.contains(reason)) {
        problem(deadLetter, "the reason of a dead letter is one of " + String.join(", ", REASONS));
      }
    }
    Map<String, List<Map<String, JsonNode>>> rows = new LinkedHashMap<>();
    if (entries.containsKey("rows")) {
      rows(entries.get("rows"), rows);
    }
    return new Case.Expected(rows, ignored != null, reason, field);
  }

  private void rows(YamlPart part, Map<String, List<Map<String, JsonNode>>> rows) {
    if (!part.isMapping()) {
      problem(part, "rows are given by table, for example rows: {public.user_logins: [{…}]}");
    }
    part.entries()
        .forEach(
            (table, list) -> {
              if (!tables.contains(table)) {
                problem(
                    list,
                    "load.sql has no INSERT into this table; it writes "
                        + String.join(", ", tables));
              }
              if (!list.isList()) {
                problem(list, "the rows of a table are a list; none: []");
              }
              List<Map<String, JsonNode>> all = new ArrayList<>();
              for (YamlPart row : list.elements()) {
                if (row.entries().isEmpty()) {
                  problem(row, "a row names its columns, for example {user_id: a}");
                }
                Map<String, JsonNode> columns = new LinkedHashMap<>();
                row.entries().forEach((column, value) -> columns.put(column, value.json()));
                all.add(columns);
              }
              rows.put(table, all);
            });
  }

  private void known(YamlPart part, List<String> keys) {
    if (!part.isMapping()) {
      problem(part, "expected a mapping with " + String.join(", ", keys));
    }
    part.entries()
        .forEach(
            (key, value) -> {
              if (!keys.contains(key)) {
                problem(value, "unknown key; did you mean " + Spelling.nearest(keys, key) + "?");
              }
            });
  }

  private void problem(YamlPart at, String problem) {
    problems.add(at.place() + ": " + problem);
  }
}
