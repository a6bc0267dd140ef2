package dev.cameleon.contract;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cameleon.errors.Spelling;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds parts of a contract that a validator would silently ignore: an unknown keyword, a required
 * name that no event can have, or a mark that has no effect. A misspelt mark would store personal
 * values unmasked.
 */
final class ContractPitfalls {
  private static final String DRAFT = "https://json-schema.org/draft/2020-12/schema";

  /** Keywords whose schemas apply to the same value as the schema around them. */
  private static final Set<String> SAME = Set.of("not", "if", "then", "else");

  private static final Set<String> SAME_LISTS = Set.of("allOf", "anyOf", "oneOf");
  private static final String SAME_BY_NAME = "dependentSchemas";

  /** Keywords whose schemas apply to a part of the value. */
  private static final Set<String> PARTS =
      Set.of(
          "items",
          "contains",
          "additionalProperties",
          "propertyNames",
          "unevaluatedItems",
          "unevaluatedProperties",
          "contentSchema");

  private static final String PART_LIST = "prefixItems";
  private static final Set<String> PARTS_BY_NAME = Set.of("properties", "patternProperties");
  private static final String DEFINITIONS = "$defs";

  /** Other keywords of JSON Schema 2020-12's vocabularies, which hold no schema. */
  private static final Set<String> OTHERS =
      Set.of(
          ("$schema $id $ref $anchor $dynamicRef $dynamicAnchor $vocabulary $comment"
                  + " type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum"
                  + " maxLength minLength pattern maxItems minItems uniqueItems maxContains"
                  + " minContains maxProperties minProperties required dependentRequired format"
                  + " contentEncoding contentMediaType title description default deprecated readOnly"
                  + " writeOnly examples")
              .split(" ", -1));

  /** Keywords of older drafts, with their names today. */
  private static final Map<String, String> FORMERLY =
      Map.of("definitions", DEFINITIONS, "dependencies", "dependentRequired", "id", "$id");

  private static final Set<String> KEYWORDS = keywords();

  private final References references;
  private final Marks marks;

  /** A set, because references may lead to a schema more than once. */
  private final Set<String> problems = new LinkedHashSet<>();

  private final Set<String> followed = new HashSet<>();

  private ContractPitfalls(References references, Marks marks) {
    this.references = references;
    this.marks = marks;
  }

  private static Set<String> keywords() {
    Set<String> all = new TreeSet<>(OTHERS);
    all.addAll(SAME);
    all.addAll(SAME_LISTS);
    all.addAll(PARTS);
    all.addAll(PARTS_BY_NAME);
    all.addAll(Set.of(SAME_BY_NAME, PART_LIST, DEFINITIONS));
    all.addAll(Keywords.OWN);
    return all;
  }

  /**
   * The problems, each as one sentence; empty if there are none.
   *
   * @param marks knows which marks have an effect
   */
  static List<String> in(JsonNode document, References references, Marks marks) {
    ContractPitfalls overlooked = new ContractPitfalls(references, marks);
    if (!document.path("$schema").asText(DRAFT).equals(DRAFT)) {
      overlooked.problems.add("$schema must name draft 2020-12: " + DRAFT);
    }
    overlooked.inspect(document, "", overlooked.namesOf(document), false);
    return List.copyOf(overlooked.problems);
  }

  /**
   * Inspects a schema and the schemas in it.
   *
   * @param at its JSON Pointer (RFC 6901)
   * @param names the properties of the object that it applies to; empty if they cannot be known
   * @param masked whether the value is masked
   */
  private void inspect(JsonNode schema, String at, Optional<Set<String>> names, boolean masked) {
    if (!schema.isObject()) {
      return; // true, false, or a value that the meta-schema rejects
    }
    requireKeywords(schema, at);
    boolean mask = masked || marks.isUsed(schema, Keywords.PII);
    problems.addAll(references.problems(schema, at, mask || marks.isUsed(schema, "$ref")));
    names.ifPresent(known -> requireNames(schema, at, known));
    follow(schema.path("$ref"), at, names);
    for (Map.Entry<String, JsonNode> keyword : schema.properties()) {
      String name = keyword.getKey();
      JsonNode value = keyword.getValue();
      String inside = at + "/" + name;
      if (SAME.contains(name)) {
        inspect(value, inside, names, mask);
      } else if (SAME_LISTS.contains(name) || name.equals(SAME_BY_NAME)) {
        children(value).forEach((key, each) -> inspect(each, inside + "/" + key, names, mask));
      } else if (PARTS.contains(name)) {
        inspect(value, inside, namesOf(value), mask);
      } else if (PARTS_BY_NAME.contains(name) || name.equals(PART_LIST)) {
        children(value)
            .forEach((key, each) -> inspect(each, inside + "/" + key, namesOf(each), mask));
      } else if (name.equals(DEFINITIONS)) {
        children(value)
            .forEach((key, each) -> inspect(each, inside + "/" + key, Optional.empty(), false));
      } else if (name.equals(Keywords.IGNORE) && at.isEmpty()) {
        inspect(value, inside, Optional.empty(), false);
      }
    }
  }

  private void requireKeywords(JsonNode schema, String at) {
    for (String keyword : names(schema)) {
      if (!KEYWORDS.contains(keyword)) {
        problems.add(
            quoted(keyword)
                + place(at)
                + " is not a keyword of JSON Schema 2020-12 and would have no effect;"
                + " did you mean "
                + quoted(meant(keyword))
                + "? (notes go into \"$comment\")");
      }
    }
    for (String keyword : Keywords.OWN) {
      boolean root = Keywords.AT_ROOT.contains(keyword);
      if (schema.has(keyword) && !(root ? at.isEmpty() : marks.isUsed(schema, keyword))) {
        problems.add(keyword + place(at) + " has no effect there: " + effect(keyword));
      }
    }
    if (!schema.path(Keywords.KEEP).asText(Keywords.ALL).equals(Keywords.ALL)) {
      problems.add(Keywords.KEEP + place(at) + " can only be \"all\"");
    }
  }

  private static String effect(String keyword) {
    return switch (keyword) {
      case Keywords.EVENT, Keywords.IGNORE -> "it belongs at the top of the contract";
      case Keywords.ATTRIBUTE -> "it belongs to a property of the event itself";
      case Keywords.COUNTRY -> "it belongs beside \"x-pii\": \"phone\"";
      case Keywords.KEEP -> "it belongs to a property";
      default ->
          "it belongs to a property that is reached from the top through properties, items,"
              + " prefixItems and $ref only; repeat it at such a property";
    };
  }

  private static String meant(String keyword) {
    return keyword.toLowerCase(Locale.ROOT).startsWith("x-")
        ? Spelling.nearest(Keywords.OWN, keyword.toLowerCase(Locale.ROOT))
        : Optional.ofNullable(FORMERLY.get(keyword))
            .orElseGet(() -> Spelling.nearest(KEYWORDS, keyword));
  }

  private void requireNames(JsonNode schema, String at, Set<String> known) {
    schema.path("required").forEach(name -> requireName("required", name.asText(), at, known));
    for (Map.Entry<String, JsonNode> each : schema.path("dependentRequired").properties()) {
      requireName("dependentRequired", each.getKey(), at, known);
      each.getValue().forEach(name -> requireName("dependentRequired", name.asText(), at, known));
    }
    names(schema.path(SAME_BY_NAME)).forEach(name -> requireName(SAME_BY_NAME, name, at, known));
  }

  private void requireName(String keyword, String name, String at, Set<String> known) {
    if (!known.contains(name)) {
      problems.add(
          keyword
              + place(at)
              + " names "
              + quoted(name)
              + ", which is not among the properties of that object"
              + (known.isEmpty()
                  ? "; put it under \"properties\""
                  : "; did you mean " + quoted(Spelling.nearest(known, name)) + "?"));
    }
  }

  /** Inspects a referenced schema, which applies to the same value. Anchors are not followed. */
  private void follow(JsonNode reference, String at, Optional<Set<String>> names) {
    if (reference.isTextual() && followed.add(reference.asText() + names)) {
      references
          .target(reference.asText())
          .ifPresent(
              schema ->
                  inspect(schema, References.pointer(reference.asText()).orElse(at), names, false));
    }
  }

  /** The properties of an object, including those from schemas that apply to the same value. */
  private Optional<Set<String>> namesOf(JsonNode schema) {
    Set<String> names = new TreeSet<>();
    return collect(schema, names, new HashSet<>()) ? Optional.of(names) : Optional.empty();
  }

  /** Collects the names; returns whether all of them are known. */
  private boolean collect(JsonNode schema, Set<String> names, Set<String> seen) {
    if (!schema.isObject()) {
      return true;
    }
    if (schema.has("patternProperties") || schema.has("$dynamicRef")) {
      return false;
    }
    names.addAll(names(schema.path("properties")));
    List<JsonNode> same = new ArrayList<>();
    // A property that only "if" or "not" names is dropped.
    List.of("then", "else").forEach(keyword -> same.add(schema.path(keyword)));
    SAME_LISTS.forEach(keyword -> schema.path(keyword).forEach(same::add));
    schema.path(SAME_BY_NAME).forEach(same::add);
    JsonNode reference = schema.path("$ref");
    if (reference.isTextual() && seen.add(reference.asText())) {
      Optional<JsonNode> target = references.target(reference.asText());
      if (target.isEmpty()) {
        return false;
      }
      same.add(target.get());
    }
    return same.stream().allMatch(each -> collect(each, names, seen));
  }

  private static Set<String> names(JsonNode object) {
    Set<String> names = new TreeSet<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** The children of an object by name, of an array by index. */
  private static Map<String, JsonNode> children(JsonNode node) {
    Map<String, JsonNode> children = new LinkedHashMap<>();
    node.properties().forEach(each -> children.put(each.getKey(), each.getValue()));
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      children.put(Integer.toString(i), node.get(i));
    }
    return children;
  }

  private static String quoted(String word) {
    return "\"" + word + "\"";
  }

  static String place(String at) {
    return at.isEmpty() ? " at the top" : " at " + at;
  }
}
