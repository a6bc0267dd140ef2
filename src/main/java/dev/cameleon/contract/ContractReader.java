package dev.cameleon.contract;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the names and marks of a contract: follows the schema of the event through {@code
 * properties}, {@code items}, {@code prefixItems} and local {@code $ref}.
 */
final class ContractReader {
  /**
   * Keywords of schemas that apply only sometimes; these may name further properties, but not mark
   * them.
   */
  private static final List<String> CONDITIONAL = List.of("then", "else");

  private static final List<String> CONDITIONAL_LISTS =
      List.of("allOf", "anyOf", "oneOf", "dependentSchemas");

  private final References references;
  private final List<String> problems;
  private final Set<String> paths = new LinkedHashSet<>();
  private final Map<String, Column> columns = new LinkedHashMap<>();
  private final Marks marks;
  private final Named root = Named.nothing();

  /**
   * Reads the contract.
   *
   * @param problems receives each problem as one sentence
   */
  ContractReader(JsonNode document, References references, List<String> problems) {
    this.references = references;
    this.problems = problems;
    this.marks = new Marks(problems);
    Place event = new Place("", List.of(), true, false, Set.of());
    List<JsonNode> layers = layers(document, event);
    object(layers, root, event.within(layers));
    if (root.isEmpty()) {
      problems.add("has no fields: put them under \"properties\"");
    }
    if (!marks.decideSubject() && columns.containsKey("user_id")) {
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

  Marks marks() {
    return marks;
  }

  private void problem(String path, String text) {
    problems.add("field \"" + path + "\": " + text);
  }

  private void problem(Place place, String text) {
    problem(place.path(), text);
  }

  /**
   * A schema and the schemas that its {@code $ref} leads to; all of them apply to the same value.
   */
  private List<JsonNode> layers(JsonNode schema, Place place) {
    List<JsonNode> layers = new ArrayList<>(List.of(schema));
    JsonNode last = schema;
    while (last.path("$ref").isTextual()) {
      JsonNode target = references.target(last.path("$ref").asText()).orElse(null);
      if (target == null) {
        return layers; // References reports the problem
      }
      Set<JsonNode> around = place.within(layers).around();
      if (around.contains(target)) {
        if (!place.open() && !keepsAll(layers)) {
          problem(
              place,
              "$ref "
                  + last.path("$ref")
                  + " leads back to an enclosing schema, so the list of names would not end; to"
                  + " keep the whole value, add \"x-keep\": \"all\"");
        }
        return layers;
      }
      if (place.marked()) {
        marks.use(last, "$ref");
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
          "set its \"type\": only named properties are kept; to keep the whole value,"
              + " write \"x-keep\": \"all\"");
    }
    if (place.marked() && marks.read(layers, types, place)) {
      return Named.nothing();
    }
    Place inside = keep ? place.within(layers).opened() : place.within(layers);
    Named named = Named.nothing();
    array(layers, named, inside);
    object(layers, named, inside);
    if (types.contains("object") && named.isEmpty() && !keep) {
      problem(
          place,
          "list the properties to keep under \"properties\"; to keep the whole object, write"
              + " \"x-keep\": \"all\"");
    }
    if (types.contains("array") && !named.hasItems() && !keep) {
      problem(
          place,
          "describe the elements of the array with \"items\" (false: there are no further ones); to keep the whole array, write \"x-keep\": \"all\"");
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

  /** Adds the properties of schemas that apply only sometimes. */
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
        marks.use(layer, Keywords.KEEP);
        all |= layer.path(Keywords.KEEP).asText().equals(Keywords.ALL);
      }
    }
    return all;
  }
}
