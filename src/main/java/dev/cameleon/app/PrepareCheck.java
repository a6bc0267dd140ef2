package dev.cameleon.app;

import dev.cameleon.config.YamlPart;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Refuses every step of {@code prepare.camel.yaml} that does more than compute one message from
 * another: commands run this route, too, and must not change anything.
 */
final class PrepareCheck {
  /** The beans that it may use besides its own. */
  static final Set<String> BEANS = Set.of("strictJson", "contract", "masker");

  static final String FROM = "direct:prepare";

  private static final Set<String> TOP = Set.of("beans", "route");
  private static final Set<String> ROUTE = Set.of("id", "description", "note", "from");

  /** Beans, languages, data formats, and the steps that choose between them. */
  private static final Set<String> STEPS =
      Set.of(
          "bean",
          "process",
          "script",
          "marshal",
          "unmarshal",
          "convertBodyTo",
          "convertHeaderTo",
          "convertVariableTo",
          "transform",
          "validate",
          "setBody",
          "setHeader",
          "setHeaders",
          "setProperty",
          "setVariable",
          "setVariables",
          "removeHeader",
          "removeHeaders",
          "removeProperty",
          "removeProperties",
          "removeVariable",
          "choice",
          "filter",
          "doTry",
          "throwException");

  private final List<String> problems = new ArrayList<>();

  private PrepareCheck() {}

  /** The problems of the file, each with its place. */
  static List<String> problems(YamlPart file) {
    PrepareCheck check = new PrepareCheck();
    int routes = 0;
    for (YamlPart part : file.elements()) {
      check.known(part, TOP, "prepare.camel.yaml holds only beans and one route");
      YamlPart route = part.entries().get("route");
      if (route != null && routes++ == 0) {
        check.route(route);
      } else if (route != null) {
        check.problem(route, "a second route; prepare.camel.yaml holds one");
      }
    }
    if (routes == 0) {
      check.problem(file, "no route; prepare.camel.yaml holds the one that begins with " + FROM);
    }
    return check.problems;
  }

  private void route(YamlPart route) {
    known(route, ROUTE, "the route prepare has only id, description and from");
    YamlPart from = route.entries().get("from");
    YamlPart uri = from == null ? null : from.entries().get("uri");
    if (uri == null || !uri.text().equals(FROM)) {
      problem(uri == null ? route : uri, "must begin with " + FROM);
    }
    steps(route);
  }

  /** Checks each list of steps, however deep. */
  private void steps(YamlPart part) {
    for (Map.Entry<String, YamlPart> entry : part.entries().entrySet()) {
      if (entry.getKey().equals("steps")) {
        for (YamlPart step : entry.getValue().elements()) {
          known(
              step,
              STEPS,
              "prepare may only compute (beans, languages, data formats), because check, test and"
                  + " dlq run it too; put a step that does more after the load");
        }
      }
      steps(entry.getValue());
    }
    part.elements().forEach(this::steps);
  }

  private void known(YamlPart part, Set<String> allowed, String rule) {
    part.entries()
        .forEach(
            (key, value) -> {
              if (!allowed.contains(key)) {
                problem(value, key + ": " + rule);
              }
            });
  }

  private void problem(YamlPart at, String problem) {
    problems.add(at.place() + ": " + problem);
  }
}
