package dev.cameleon.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.i18n.phonenumbers.PhoneNumberUtil;
import dev.cameleon.contract.PiiField.Step;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The marks of a contract's properties: masked fields, the property that names the person, and
 * message attributes.
 */
final class Marks {
  private final List<String> problems;
  private final Map<List<Step>, PiiField> fields = new LinkedHashMap<>();
  private final Map<String, PiiKind> kinds = new HashMap<>();
  private final Attributes attributes = new Attributes();
  private final Map<String, Set<JsonNode>> used = new HashMap<>();
  private List<String> subject = List.of();
  private boolean decidesSubject;

  /**
   * Starts without a mark.
   *
   * @param problems receives each problem as one sentence
   */
  Marks(List<String> problems) {
    this.problems = problems;
  }

  Personal personal() {
    return new Personal(List.copyOf(fields.values()), subject);
  }

  Attributes attributes() {
    return attributes;
  }

  /** Whether a property is marked as naming the person, or as not naming it. */
  boolean decideSubject() {
    return decidesSubject;
  }

  /** Whether a keyword of Cameleon has an effect in this schema. */
  boolean isUsed(JsonNode schema, String keyword) {
    return used.getOrDefault(keyword, Set.of()).contains(schema);
  }

  void use(JsonNode schema, String keyword) {
    used.computeIfAbsent(keyword, word -> Collections.newSetFromMap(new IdentityHashMap<>()))
        .add(schema);
  }

  private void problem(Place place, String text) {
    problems.add("field \"" + place.path() + "\": " + text);
  }

  /** The value of the first of these schemas that has a keyword; all of them count as used. */
  private JsonNode first(List<JsonNode> layers, String keyword) {
    JsonNode value = null;
    for (JsonNode layer : layers) {
      if (layer.has(keyword)) {
        use(layer, keyword);
        value = value == null ? layer.get(keyword) : value;
      }
    }
    return value;
  }

  /** Reads the marks of a property; returns whether it is masked. */
  boolean read(List<JsonNode> layers, Set<String> types, Place place) {
    subject(first(layers, Keywords.SUBJECT), types, place);
    if (!place.topLevel().isEmpty()) {
      attribute(first(layers, Keywords.ATTRIBUTE), types, place);
    }
    JsonNode word = first(layers, Keywords.PII);
    JsonNode country = word == null ? null : first(layers, Keywords.COUNTRY);
    if (word == null) {
      return false;
    }
    PiiKind kind = PiiKind.of(word.asText()).orElse(null);
    if (kind == null) {
      problem(place, Keywords.PII + " is not one of " + PiiKind.words());
      return true;
    }
    if (types.isEmpty() || !Set.of("string", "null").containsAll(types)) {
      problem(
          place, "only text can be masked: set \"type\" to \"string\" or [\"string\", \"null\"]");
    }
    if (kind == PiiKind.TEXT) {
      requireDomain(place);
    }
    if (country != null
        && (kind != PiiKind.PHONE
            || !PhoneNumberUtil.getInstance().getSupportedRegions().contains(country.asText()))) {
      problem(
          place,
          Keywords.COUNTRY
              + " is for \"x-pii\": \"phone\", and a region of ISO 3166-1 such as \"DE\"");
    }
    PiiKind other = kinds.putIfAbsent(place.path(), kind);
    if (other != null && other != kind) {
      problem(place, "is marked as " + other.word() + " and as " + kind.word());
    }
    fields.putIfAbsent(
        place.steps(),
        new PiiField(
            place.path(),
            place.steps(),
            kind,
            kind.domain(place.path()),
            country == null ? "" : country.asText()));
    return true;
  }

  private void requireDomain(Place place) {
    if (PiiKind.of(place.path()).isPresent()) {
      problem(
          place,
          "a text field of this name would share the tokens of another kind; rename the field");
    }
    if (!place.steps().stream()
        .allMatch(step -> step.property() == null || step.property().matches("[A-Za-z0-9_-]+"))) {
      problem(
          place,
          "its tokens begin with its path, so a name may have only letters, digits, _ and -");
    }
  }

  private void subject(JsonNode mark, Set<String> types, Place place) {
    if (mark == null) {
      return;
    }
    decidesSubject = true;
    if (!mark.isBoolean()) {
      problem(place, Keywords.SUBJECT + " must be true or false");
    }
    if (!mark.asBoolean()) {
      return;
    }
    Set<String> rest = new HashSet<>(types);
    rest.remove("null");
    if (place.isInArray() || !(Set.of("string").equals(rest) || Set.of("integer").equals(rest))) {
      problem(
          place,
          Keywords.SUBJECT + " must mark one text or one integer, outside of arrays: the person");
    }
    List<String> way = place.steps().stream().map(step -> "" + step.property()).toList();
    if (!subject.isEmpty() && !subject.equals(way)) {
      problem(
          place,
          Keywords.SUBJECT
              + " already marks "
              + String.join(".", subject)
              + ": one property names the person");
    }
    subject = way;
  }

  private void attribute(JsonNode name, Set<String> types, Place place) {
    if (name == null) {
      return;
    }
    if (!name.isTextual() || name.asText().isEmpty()) {
      problem(place, Keywords.ATTRIBUTE + " must be the name of a message attribute");
    }
    if (types.contains("object") || types.contains("array")) {
      problem(place, "a message attribute cannot be an object or an array: change its \"type\"");
    }
    attributes.add(place.topLevel(), name.asText(), types);
  }
}
