package dev.cameleon.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.i18n.phonenumbers.PhoneNumberUtil;
import dev.cameleon.contract.PiiField.Step;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Reads what a contract names, keeps and marks: follows the schema of the event through {@code
 * properties}, {@code items}, {@code prefixItems} and local {@code $ref}.
 */
final class ContractReader {
  /** Schemas that apply only sometimes; they may name further properties, and mark none. */
  private static final List<String> CONDITIONAL = List.of("then", "else");

  private static final List<String> CONDITIONAL_LISTS =
      List.of("allOf", "anyOf", "oneOf", "dependentSchemas");

  private final References references;
  private final List<String> problems;
  private final Set<String> paths = new LinkedHashSet<>();
  private final Map<String, Column> columns = new LinkedHashMap<>();
  private final Map<List<Step>, PiiField> fields = new LinkedHashMap<>();
  private final Map<String, PiiKind> kinds = new HashMap<>();
  private final Map<String, Set<JsonNode>> used = new HashMap<>();
  private final Attributes attributes = new Attributes();
  private List<String> subject = List.of();
  private boolean decidesSubject;
  private final Named root = Named.nothing();

  /**
   * Where a schema applies.
   *
   * @param path the names of the properties on the way
   * @param steps the same with the arrays between them
   * @param marked whether marks have an effect: not under a schema that applies only sometimes
   * @param open whether anything may be there: under x-keep, or in a further schema of the value
   * @param around the schemas around it, to find a reference that leads back to one
   */
  private record Place(
      String path, List<Step> steps, boolean marked, boolean open, Set<JsonNode> around) {
    private Place step(String longer, Step step) {
      List<Step> way = Stream.concat(steps.stream(), Stream.of(step)).toList();
      return new Place(longer, way, marked, open, around);
    }

    Place property(String name) {
      return step(path.isEmpty() ? name : path + "." + name, Step.property(name));
    }

    Place elements(int from, int to) {
      return step(path, new Step(null, from, to));
    }

    Place within(List<JsonNode> layers) {
      Set<JsonNode> schemas = Collections.newSetFromMap(new IdentityHashMap<>());
      schemas.addAll(around);
      schemas.addAll(layers);
      return new Place(path, steps, marked, open, schemas);
    }

    Place unmarked() {
      return new Place(path, steps, false, open, around);
    }

    Place opened() {
      return new Place(path, steps, marked, true, around);
    }

    /** The name of a property of the event itself; empty further down. */
    String topLevel() {
      return steps.size() == 1 ? steps.get(0).property() : "";
    }

    boolean isInArray() {
      return steps.stream().anyMatch(step -> step.property() == null);
    }
  }

  /**
   * Reads the contract.
   *
   * @param problems receives each problem as one sentence
   */
  ContractReader(JsonNode document, References references, List<String> problems) {
    this.references = references;
    this.problems = problems;
    Place event = new Place("", List.of(), true, false, Set.of());
    List<JsonNode> layers = layers(document, event);
    object(layers, root, event.within(layers));
    if (root.isEmpty()) {
      problems.add("has no fields: put them under \"properties\"");
    }
    if (!decidesSubject && columns.containsKey("user_id")) {
      problem(
          "user_id",
          "does it name the person? Write \""
              + Keywords.SUBJECT
              + "\": true (erasure and suppression need it) or false");
    }
  }

  Named root() {
    return root;
  }

  /** The paths of all properties that are named. */
  Set<String> paths() {
    return paths;
  }

  List<Column> columns() {
    return List.copyOf(columns.values());
  }

  Personal personal() {
    return new Personal(List.copyOf(fields.values()), subject);
  }

  Attributes attributes() {
    return attributes;
  }

  /** Whether a keyword of Cameleon has an effect in this schema. */
  boolean isUsed(JsonNode schema, String keyword) {
    return used.getOrDefault(keyword, Set.of()).contains(schema);
  }

  private void use(JsonNode schema, String keyword) {
    used.computeIfAbsent(keyword, word -> Collections.newSetFromMap(new IdentityHashMap<>()))
        .add(schema);
  }

  private void problem(String path, String text) {
    problems.add("field \"" + path + "\": " + text);
  }

  private void problem(Place place, String text) {
    problem(place.path(), text);
  }

  /** A schema and those that its {@code $ref} leads to: all of them apply to the same value. */
  private List<JsonNode> layers(JsonNode schema, Place place) {
    List<JsonNode> layers = new ArrayList<>(List.of(schema));
    JsonNode last = schema;
    while (last.path("$ref").isTextual()) {
      JsonNode target = references.target(last.path("$ref").asText()).orElse(null);
      if (target == null) {
        return layers; // References names the problem
      }
      Set<JsonNode> around = place.within(layers).around();
      if (around.contains(target)) {
        if (!place.open() && !keepsAll(layers)) {
          problem(
              place,
              "$ref "
                  + last.path("$ref")
                  + " leads back to a schema around it, so there is no end to what is named;"
                  + " to keep whatever it holds, add \"x-keep\": \"all\"");
        }
        return layers;
      }
      if (place.marked()) {
        use(last, "$ref");
      }
      layers.add(target);
      last = target;
    }
    return layers;
  }

  private Named walk(JsonNode schema, Place place) {
    paths.add(place.path());
    List<JsonNode> layers = layers(schema, place);
    Set<String> types = Column.types(layers);
    if (!place.topLevel().isEmpty() && !columns.containsKey(place.topLevel())) {
      columns.put(place.topLevel(), Column.of(place.topLevel(), layers, columns, problems));
    }
    boolean keep = place.open() || keepsAll(layers);
    boolean listed = has(layers, "const") || has(layers, "enum");
    if (types.isEmpty() && !keep && !listed && !schema.equals(Column.NEVER)) {
      problem(
          place,
          "set its \"type\": only what the contract names is kept; to keep whatever it"
              + " holds, write \"x-keep\": \"all\"");
    }
    if (place.marked() && mark(layers, types, place)) {
      return Named.nothing();
    }
    Place inside = keep ? place.within(layers).opened() : place.within(layers);
    Named named = Named.nothing();
    array(layers, named, inside);
    object(layers, named, inside);
    if (types.contains("object") && named.isEmpty() && !keep) {
      problem(
          place,
          "name what is kept of the object under \"properties\"; to keep all of it, write"
              + " \"x-keep\": \"all\"");
    }
    if (types.contains("array") && !named.hasItems() && !keep) {
      problem(
          place,
          "describe the elements of the array with \"items\" (false: there are no others);"
              + " to keep whatever they hold, write \"x-keep\": \"all\"");
    }
    return keepsAll(layers) || (types.isEmpty() && listed) ? Named.all() : named;
  }

  private void object(List<JsonNode> layers, Named named, Place inside) {
    for (JsonNode layer : layers) {
      properties(layer, named, inside);
    }
    for (JsonNode layer : layers) {
      further(layer, named, inside.unmarked());
    }
  }

  private void properties(JsonNode schema, Named into, Place place) {
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      Place at = place.property(property.getKey());
      boolean again = into.has(property.getKey());
      into.property(property.getKey(), walk(property.getValue(), again ? at.opened() : at));
    }
  }

  private void array(List<JsonNode> layers, Named into, Place inside) {
    JsonNode array =
        layers.stream()
            .filter(layer -> layer.has("items") || layer.has("prefixItems"))
            .findFirst()
            .orElse(null);
    if (array != null) {
      List<Named> first = new ArrayList<>();
      for (JsonNode each : array.path("prefixItems")) {
        first.add(walk(each, inside.elements(first.size(), first.size() + 1)));
      }
      Place others = inside.elements(first.size(), Integer.MAX_VALUE);
      into.elements(first, array.has("items") ? walk(array.get("items"), others) : null);
    }
  }

  /** Adds the properties that schemas name which apply only sometimes. */
  private void further(JsonNode schema, Named into, Place place) {
    List<JsonNode> conditional = new ArrayList<>();
    CONDITIONAL.forEach(keyword -> conditional.add(schema.path(keyword)));
    CONDITIONAL_LISTS.forEach(keyword -> schema.path(keyword).forEach(conditional::add));
    conditional.removeIf(each -> !each.isObject());
    for (JsonNode each : conditional) {
      List<JsonNode> layers = layers(each, place);
      Place inside = place.within(layers);
      for (JsonNode layer : layers) {
        Named elements = Named.nothing();
        array(List.of(layer), elements, inside.opened());
        into.merge(elements);
        properties(layer, into, inside);
        further(layer, into, inside);
      }
    }
  }

  private static boolean has(List<JsonNode> layers, String keyword) {
    return layers.stream().anyMatch(layer -> layer.has(keyword));
  }

  private boolean keepsAll(List<JsonNode> layers) {
    boolean all = false;
    for (JsonNode layer : layers) {
      if (layer.has(Keywords.KEEP)) {
        use(layer, Keywords.KEEP);
        all |= layer.path(Keywords.KEEP).asText().equals(Keywords.ALL);
      }
    }
    return all;
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
  private boolean mark(List<JsonNode> layers, Set<String> types, Place place) {
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
      problem(place, "a message attribute is no object and no array: change its \"type\"");
    }
    attributes.add(place.topLevel(), name.asText(), types);
  }
}
