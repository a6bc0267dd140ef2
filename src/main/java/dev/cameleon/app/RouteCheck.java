package dev.cameleon.app;

import dev.cameleon.config.YamlPart;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.Spelling;
import java.io.IOException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds mistakes in the routes that Camel notices only when a message arrives, or reports without a
 * place: each problem begins with {@code file:line}.
 */
final class RouteCheck {
  private static final String DIRECT = "direct:";
  private static final String SQS = "aws2-sqs:";

  /** Keys whose text is an endpoint that a route sends to. */
  private static final Set<String> PRODUCERS =
      Set.of("uri", "to", "toD", "wireTap", "enrich", "deadLetterUri");

  private final Map<String, Object> beans;
  private final Set<String> more;
  private final Set<String> names;
  private final Set<String> used = new HashSet<>();
  private Set<String> usable = Set.of();
  private final List<String> problems = new ArrayList<>();
  private final Map<YamlPart, String> sends = new LinkedHashMap<>();
  private final Set<String> consumed = new HashSet<>();
  private final List<YamlPart> receivers = new ArrayList<>();
  private final List<YamlPart> parts = new ArrayList<>();
  private YamlPart prepare;
  private final Map<String, List<YamlPart>> options = new LinkedHashMap<>();

  /**
   * Reads the routes. A file that is not YAML is left to Camel.
   *
   * @param files the route files
   * @param beans the objects that a route may use, by name
   * @param more names of beans that the properties define
   */
  RouteCheck(RouteFiles files, Map<String, Object> beans, Set<String> more) {
    this.beans = beans;
    this.more = more;
    this.names = new HashSet<>(beans.keySet());
    names.addAll(more);
    for (String file : files.routes()) {
      try {
        YamlPart root = YamlPart.parse(files.path(file), files.text(file));
        names.addAll(definedBeans(root));
        parts.add(root);
        if (file.equals(RouteFiles.PREPARE)) {
          prepare = root;
        }
      } catch (InvalidSettingsException | IOException e) {
        names.add(""); // its beans are not known
      }
    }
  }

  private static Set<String> definedBeans(YamlPart file) {
    return file.elements().stream()
        .map(part -> part.entries().get("beans"))
        .filter(Objects::nonNull)
        .flatMap(defined -> defined.elements().stream())
        .map(bean -> bean.entries().get("name"))
        .filter(Objects::nonNull)
        .map(YamlPart::text)
        .collect(Collectors.toSet());
  }

  /** The problems, each as one sentence; none if a file cannot be read. */
  List<String> problems() {
    if (names.contains("")) {
      return List.of();
    }
    for (YamlPart part : parts) {
      usable = part == prepare ? usableInPrepare() : names;
      visit("", part);
    }
    if (prepare != null) {
      problems.addAll(PrepareCheck.problems(prepare));
    }
    boolean dynamic = consumed.stream().anyMatch(name -> name.contains("{{"));
    sends.forEach(
        (at, name) -> {
          if (!consumed.contains(name) && !dynamic) {
            problem(at, "no route begins with direct:" + name + hint(consumed, name));
          }
        });
    if (prepare != null && !receivers.isEmpty() && !sends.containsValue("prepare")) {
      problem(
          receivers.get(0),
          "no route sends to direct:prepare; this one must, before direct:load, because"
              + " commands prepare messages with that route alone");
    }
    for (YamlPart second : receivers.subList(Math.min(1, receivers.size()), receivers.size())) {
      problem(
          second,
          "a second consumer of SQS; a pipeline has one, the first is in "
              + receivers.get(0).place());
    }
    return problems;
  }

  /** Whether a step may refer to this bean, according to the files that {@link #problems} read. */
  boolean mayUse(String bean) {
    return names.contains("") || used.contains(bean);
  }

  private Set<String> usableInPrepare() {
    Set<String> few = new HashSet<>(PrepareCheck.BEANS);
    few.addAll(more);
    few.addAll(definedBeans(prepare));
    return few;
  }

  /** Where an option of an endpoint is set; an empty string if that is not known. */
  String placeOfOption(String option) {
    parts.forEach(part -> visit("", part));
    List<YamlPart> found = options.getOrDefault(option, List.of());
    return found.isEmpty() ? "" : found.get(0).place();
  }

  private void visit(String key, YamlPart part) {
    Map<String, YamlPart> entries = part.entries();
    if (key.equals("from")) {
      consumer(entries.getOrDefault("uri", part));
    }
    if (key.equals("parameters")) {
      entries.forEach(
          (name, value) -> options.computeIfAbsent(name, n -> new ArrayList<>()).add(value));
    }
    bean(entries);
    String text = part.text();
    if (PRODUCERS.contains(key) && text.startsWith(DIRECT) && !isDynamic(text)) {
      sends.put(part, name(text));
    }
    if (text.matches("#(bean:)?[A-Za-z_][A-Za-z0-9_-]*")) {
      known(part, text.substring(text.lastIndexOf(text.contains(":") ? ':' : '#') + 1));
    }
    entries.forEach(
        (name, value) -> {
          if (!(key.equals("from") && name.equals("uri"))) {
            visit(name, value);
          }
        });
    part.elements().forEach(each -> visit("", each));
  }

  private void consumer(YamlPart uri) {
    if (uri.text().startsWith(DIRECT)) {
      consumed.add(name(uri.text()));
    } else if (uri.text().startsWith(SQS)) {
      receivers.add(uri);
    }
  }

  private void bean(Map<String, YamlPart> entries) {
    YamlPart ref = entries.get("ref");
    if (ref == null || !ref.text().matches("#?[A-Za-z_][A-Za-z0-9_-]*")) {
      return;
    }
    String name = ref.text().replace("#", "");
    if (!ref.text().startsWith("#")) {
      known(ref, name);
    }
    YamlPart method = entries.get("method");
    if (method == null || method.text().isEmpty() || !beans.containsKey(name)) {
      return;
    }
    Set<String> methods =
        Arrays.stream(beans.get(name).getClass().getMethods())
            .filter(each -> each.getDeclaringClass() != Object.class)
            .map(Method::getName)
            .collect(Collectors.toSet());
    String called = method.text().split("\\(", 2)[0].strip();
    if (!isDynamic(called) && !methods.contains(called)) {
      problem(method, "the bean " + name + " has no method " + called + hint(methods, called));
    }
  }

  private void known(YamlPart at, String name) {
    used.add(name);
    if (!names.contains(name)) {
      problem(at, "there is no bean " + name + hint(usable, name));
    } else if (!usable.contains(name)) {
      problem(
          at, "prepare cannot use the bean " + name + "; its own go into " + RouteFiles.PREPARE);
    }
  }

  private static boolean isDynamic(String text) {
    return text.contains("{{") || text.contains("${");
  }

  private static String name(String uri) {
    return uri.substring(DIRECT.length()).split("\\?", 2)[0].replaceFirst("^//", "");
  }

  private static String hint(Set<String> known, String name) {
    String nearest = Spelling.nearest(known, name);
    return nearest.isEmpty() ? "" : "; did you mean " + nearest + "?";
  }

  private void problem(YamlPart at, String problem) {
    problems.add(at.place() + ": " + problem);
  }
}
