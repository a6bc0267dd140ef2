package dev.cameleon.contract;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cameleon.contract.PiiField.Step;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The place in an event where a schema of the contract applies.
 *
 * @param path the names of the properties on the way
 * @param steps the same way, including arrays
 * @param marked whether marks have an effect, which they do not under a schema that applies only
 *     sometimes
 * @param open whether any value is allowed here: under x-keep, or in a further schema of the value
 * @param around the enclosing schemas, to find a reference that leads back to one of them
 */
record Place(String path, List<Step> steps, boolean marked, boolean open, Set<JsonNode> around) {
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
