package dev.cameleon.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The properties that a contract names in a value; at every depth, all others are dropped. */
final class Named {
  /** Whether the value is kept with everything in it. */
  private boolean all;

  private final Map<String, Named> properties = new LinkedHashMap<>();

  /**
   * The properties with nested values from which something may be dropped; empty for a flat event.
   */
  private final Map<String, Named> nested = new LinkedHashMap<>();

  private final List<Named> prefix = new ArrayList<>();
  private Named items;

  /** A value without parts, or one whose parts are added later. */
  static Named nothing() {
    return new Named();
  }

  static Named all() {
    Named named = new Named();
    named.all = true;
    return named;
  }

  boolean has(String property) {
    return properties.containsKey(property);
  }

  boolean isEmpty() {
    return properties.isEmpty();
  }

  boolean hasItems() {
    return items != null;
  }

  /** Adds a property, or further names within it. */
  void property(String name, Named value) {
    Named known = properties.putIfAbsent(name, value);
    if (known != null) {
      known.merge(value);
    }
    Named merged = known == null ? value : known;
    if (!merged.all && (!merged.properties.isEmpty() || merged.items != null)) {
      nested.put(name, merged);
    } else {
      nested.remove(name);
    }
  }

  /**
   * Adds the elements of an array.
   *
   * @param first the first elements, each with its own names
   * @param others all further elements
   */
  void elements(List<Named> first, Named others) {
    prefix.addAll(first);
    items = others;
  }

  /** Adds the names that another schema of the same value has. */
  void merge(Named other) {
    all |= other.all;
    other.properties.forEach(this::property);
    for (int i = 0; i < other.prefix.size(); i++) {
      if (i < prefix.size()) {
        prefix.get(i).merge(other.prefix.get(i));
      }
    }
    if (items == null) {
      items = other.items;
    } else if (other.items != null) {
      items.merge(other.items);
    }
  }

  /** Drops all properties that are not named; returns how many were dropped. */
  int prune(ObjectNode object) {
    int dropped = object.size();
    object.retain(properties.keySet());
    dropped -= object.size();
    if (!nested.isEmpty()) {
      for (Map.Entry<String, Named> each : nested.entrySet()) {
        dropped += each.getValue().prune(object.get(each.getKey()));
      }
    }
    return dropped;
  }

  private int prune(JsonNode value) {
    int dropped = 0;
    if (!all && value instanceof ObjectNode object) {
      dropped = prune(object);
    } else if (!all && value instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        Named element = element(i);
        dropped += element == null ? 0 : element.prune(array.get(i));
      }
    }
    return dropped;
  }

  private Named element(int index) {
    return index < prefix.size() ? prefix.get(index) : items;
  }

  /**
   * The names on the way to a place, as far as the contract names them, because any other name may
   * be personal.
   *
   * @param way names of properties, and indexes of elements
   */
  String path(List<Object> way) {
    StringBuilder path = new StringBuilder();
    Named at = this;
    for (Object step : way) {
      at = step instanceof Integer index ? at.element(index) : at.properties.get(step.toString());
      if (at == null) {
        break;
      }
      if (!(step instanceof Integer)) {
        path.append(path.isEmpty() ? "" : ".").append(step);
      }
    }
    return path.toString();
  }
}
