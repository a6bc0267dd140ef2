package dev.cameleon.app;

import dev.cameleon.config.Settings;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.SafeQuote;
import dev.cameleon.sqs.SqsQueue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.CamelConfiguration;
import org.apache.camel.CamelContext;
import org.apache.camel.main.DefaultRoutesCollector;
import org.apache.camel.main.Main;
import org.apache.camel.spi.Resource;

/** Starts Camel with the routes of the folder, and explains a mistake in them in one sentence. */
final class CamelRoutes {
  /** Without these routes, messages would be received but not processed. */
  private static final List<String> REQUIRED =
      List.of("ingest", "prepare", "load", "batch", "insert", "failed-batch", "dead-letter");

  /** The route that needs {@link #RETRIES}. */
  private static final String INSERT = "insert";

  /** Without this route configuration, nothing would be retried. */
  private static final String RETRIES = "database";

  private static final Pattern ROUTE = Pattern.compile("Failed to (?:create|start) route:? (\\S+)");
  private static final Pattern OPTION = Pattern.compile("Unknown parameters=\\[\\{(\\w+)=");
  private static final String BEANS = "camel.beans.";
  private static final String DUE_TO = "due to: ";
  private static final String FROM_TEXT = " in properties from text";

  /** A shorter text would also occur in ordinary words. */
  private static final int SHORTEST_SECRET = 5;

  private CamelRoutes() {}

  /** Starts everything but the consumers of the routes. */
  static void start(Main main, Configuration plan, Beans beans, SqsQueue source)
      throws InvalidSettingsException {
    Settings settings = plan.settings();
    RouteFiles files = plan.files();
    Map<String, String> camel = settings.camel();
    configure(main, placeholders(settings, source), camel, files, beans);
    main.configure().withAutoStartup(false);
    RouteCheck check = new RouteCheck(files, beans.byName(), beansOf(camel));
    start(main, check, camel, source.isFifo());
    requireAll(main.getCamelContext(), files.folder());
  }

  /**
   * Prepares Camel's start.
   *
   * @param properties the placeholders of the routes
   * @param camel the properties of Camel
   */
  static void configure(
      Main main,
      Properties properties,
      Map<String, String> camel,
      RouteFiles files,
      CamelConfiguration beans) {
    camel.forEach(properties::put);
    // Application.close drains first, so Camel's own shutdown has nothing to wait for.
    properties.putIfAbsent("camel.main.shutdownTimeout", "1");
    properties.putIfAbsent("camel.main.name", "cameleon");
    // Hash maps instead of trees: saves 2 to 3 % of the CPU time (docs/PERFORMANCE.md).
    properties.putIfAbsent("camel.main.caseInsensitiveHeaders", "false");
    main.setInitialProperties(properties);
    main.setDefaultPropertyPlaceholderLocation("false");
    main.configure()
        .withRoutesIncludePattern("file:" + files.folder() + "/" + RouteFiles.ROUTES)
        .withAutoConfigurationLogSummary(false);
    main.setRoutesCollector(
        new DefaultRoutesCollector() {
          @Override
          public Collection<Resource> findRouteResourcesFromDirectory(
              CamelContext context, String exclude, String include) {
            // The files as they were read and checked; the folder may have changed since.
            return files.resources();
          }
        });
    main.configure().addConfiguration(beans);
  }

  /** The names of the beans that Camel's properties define. */
  static Set<String> beansOf(Map<String, String> camel) {
    return camel.keySet().stream()
        .filter(key -> key.startsWith(BEANS))
        .map(key -> key.substring(BEANS.length()).split("[.\\[]", 2)[0])
        .collect(Collectors.toSet());
  }

  /**
   * Checks the routes and starts Camel.
   *
   * @param groups whether the routes must keep the order of a FIFO queue's groups
   * @throws InvalidSettingsException if a route is wrong
   */
  static void start(Main main, RouteCheck check, Map<String, String> camel, boolean groups)
      throws InvalidSettingsException {
    InvalidSettingsException.throwIfAny(check.problems());
    if (groups && !check.mayUse(Beans.GROUP_ORDER)) {
      throw new InvalidSettingsException(
          "no route has the step \"process: {ref: groupOrder}\", without which the groups of the"
              + " FIFO queue lose their order: add it before \"to: direct:batch\" in"
              + " load.camel.yaml");
    }
    try {
      main.start();
    } catch (Exception e) {
      Matcher option = OPTION.matcher(deepest(e));
      if (option.find()) {
        String at = check.placeOfOption(option.group(1));
        throw new InvalidSettingsException(
            (at.isEmpty() ? "a route is invalid" : at)
                + ": the endpoint has no option "
                + option.group(1));
      }
      throw invalid(e, camel);
    }
  }

  /** Explains why Camel cannot build or start a route. */
  static InvalidSettingsException invalid(Exception failure, Map<String, String> camel) {
    return new InvalidSettingsException(
        "a route is invalid: " + withoutValues(describe(failure), camel));
  }

  /** The values of the placeholders in the routes. */
  private static Properties placeholders(Settings settings, SqsQueue source) {
    Settings.Load load = settings.load();
    Properties properties = new Properties();
    properties.put("cameleon.routes", settings.routes().toString());
    properties.put("cameleon.queue.name", source.name());
    properties.put("cameleon.queue.url", source.url());
    properties.put("cameleon.pollers", Integer.toString(load.pollers()));
    properties.put("cameleon.batch.rows", Integer.toString(load.batchRows()));
    properties.put("cameleon.batch.wait", Long.toString(load.batchWait().toMillis()));
    return properties;
  }

  /** Removes the values of settings from Camel's message, which may quote a key. */
  private static String withoutValues(String reason, Map<String, String> camel) {
    String shown = reason;
    for (Map.Entry<String, String> property : camel.entrySet()) {
      if (property.getValue().length() >= SHORTEST_SECRET) {
        shown = shown.replace(property.getValue(), "(the value of " + property.getKey() + ")");
      }
    }
    return shown;
  }

  private static void requireAll(CamelContext context, Path folder)
      throws InvalidSettingsException {
    List<String> missing = new ArrayList<>(REQUIRED);
    context.getRoutes().forEach(route -> missing.remove(route.getId()));
    if (!missing.isEmpty()) {
      throw new InvalidSettingsException(
          "missing routes in "
              + SafeQuote.path(folder)
              + ": "
              + String.join(", ", missing)
              + "; compare with those that init DIR writes");
    }
    // Camel ignores an unknown configuration id.
    String rules = Objects.requireNonNullElse(context.getRoute(INSERT).getConfigurationId(), "");
    if (!List.of(rules.split(" *, *", -1)).contains(RETRIES)) {
      throw new InvalidSettingsException(
          "route %s: set routeConfigurationId: %s, and define a routeConfiguration with that id"
                  .formatted(INSERT, RETRIES)
              + " in errors.camel.yaml");
    }
  }

  /**
   * Camel wraps exceptions and repeats the whole endpoint at each level: an operator needs only the
   * route's name from the outermost message and the reason from the innermost.
   */
  private static String describe(Throwable failure) {
    String outermost = String.valueOf(failure.getMessage());
    String reason = deepest(failure);
    reason =
        reason.substring(
            reason.lastIndexOf(DUE_TO) < 0 ? 0 : reason.lastIndexOf(DUE_TO) + DUE_TO.length());
    reason = reason.contains(FROM_TEXT) ? reason.substring(0, reason.indexOf(FROM_TEXT)) : reason;
    Matcher route = ROUTE.matcher(outermost);
    return (route.find() ? "route " + route.group(1) + ": " : "") + reason.strip();
  }

  /** The message of the last cause. */
  private static String deepest(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage());
  }
}
