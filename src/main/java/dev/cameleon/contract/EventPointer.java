package dev.cameleon.contract;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The place of the events in a body: a JSON Pointer (RFC 6901), in which {@code *} stands for each
 * element of an array. A text on the way is parsed as strict JSON.
 */
final class EventPointer {
  private static final String EACH = "*";
  private static final Pattern SYNTAX = Pattern.compile("(/([^~/]|~[01])+)+");
  private static final Pattern INDEX = Pattern.compile("0|[1-9][0-9]{0,8}");
  private static final ObjectMapper JSON = StrictJson.strictMapper();

  private final String text;
  private final List<String> steps;

  private EventPointer(String text) {
    this.text = text;
    this.steps =
        Arrays.stream(text.substring(1).split("/", -1))
            .map(step -> step.replace("~1", "/").replace("~0", "~"))
            .toList();
  }

  /** Parses the pointer; empty if it is not valid. */
  static Optional<EventPointer> parse(JsonNode text) {
    return text.isTextual() && SYNTAX.matcher(text.asText()).matches()
        ? Optional.of(new EventPointer(text.asText()))
        : Optional.empty();
  }

  /** The names of the properties on the way. */
  List<String> names() {
    return steps.stream().filter(step -> !step.equals(EACH) && !isIndex(step)).toList();
  }

  private static boolean isIndex(String step) {
    return INDEX.matcher(step).matches();
  }

  /** A body with one event in it. */
  JsonNode around(JsonNode event) {
    JsonNode body = event;
    for (int i = steps.size() - 1; i >= 0; i--) {
      body =
          steps.get(i).equals(EACH)
              ? JsonNodeFactory.instance.arrayNode().add(body)
              : JsonNodeFactory.instance.objectNode().set(steps.get(i), body);
    }
    return body;
  }

  /**
   * The events of a body, at least one.
   *
   * @throws RejectedException {@link Violation#CONTRACT} if there is nothing at the place, an empty
   *     array, or a value that is not an object
   */
  List<ObjectNode> find(ObjectNode body) throws RejectedException {
    List<ObjectNode> events = new ArrayList<>();
    find(body, 0, "", events);
    return events;
  }

  private void find(JsonNode node, int step, String at, List<ObjectNode> events)
      throws RejectedException {
    JsonNode here = node.isTextual() ? parsed(node.textValue(), at) : node;
    if (step == steps.size()) {
      if (!(here instanceof ObjectNode event)) {
        throw rejected("no object", at);
      }
      events.add(event);
    } else if (steps.get(step).equals(EACH)) {
      if (!here.isArray() || here.isEmpty()) {
        throw rejected(here.isArray() ? "an empty array" : "no array", at);
      }
      for (int i = 0; i < here.size(); i++) {
        find(here.get(i), step + 1, at + "/" + i, events);
      }
    } else {
      String name = steps.get(step);
      boolean element = here.isArray() && isIndex(name);
      JsonNode next = element ? here.get(Integer.parseInt(name)) : here.get(name);
      String place = at + "/" + name.replace("~", "~0").replace("/", "~1");
      if (next == null) {
        throw rejected("nothing", place);
      }
      find(next, step + 1, place, events);
    }
  }

  private JsonNode parsed(String json, String at) throws RejectedException {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw rejected("a text that is not JSON (" + StrictJson.rejected(e).detail() + ")", at);
    }
  }

  private RejectedException rejected(String found, String at) {
    String detail = Keywords.EVENT + " " + text + " finds " + found + " at " + at;
    return new RejectedException(Violation.CONTRACT, "", detail);
  }
}
