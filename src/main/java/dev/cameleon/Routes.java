package dev.cameleon;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;

/** Starts Camel with the routes of the folder, and says in one sentence what is wrong with them. */
final class Routes {
  /** Without these, messages would be received and go nowhere. */
  private static final List<String> REQUIRED = List.of("ingest", "load", "insert", "dead-letter");

  private Routes() {}

  static void start(Main main, Settings settings, Wiring wiring) throws InvalidSettingsException {
    Path folder = settings.routes().toAbsolutePath().normalize();
    Properties properties = wiring.properties();
    settings.camel().forEach(properties::put);
    // Our own stop drains first and then has nothing to wait for.
    properties.putIfAbsent("camel.main.shutdownTimeout", "5");
    properties.putIfAbsent("camel.main.name", "cameleon");
    main.setInitialProperties(properties);
    main.setDefaultPropertyPlaceholderLocation("false");
    main.configure()
        .withRoutesIncludePattern("file:" + folder + "/" + Plan.ROUTE_FILES)
        .withAutoConfigurationLogSummary(false);
    wiring.bind(main);
    try {
      main.start();
    } catch (Exception e) {
      throw new InvalidSettingsException(List.of("a route is wrong: " + describe(e)));
    }
    requireAll(main.getCamelContext(), folder);
  }

  private static void requireAll(CamelContext context, Path folder)
      throws InvalidSettingsException {
    List<String> missing = new ArrayList<>(REQUIRED);
    context.getRoutes().forEach(route -> missing.remove(route.getId()));
    if (!missing.isEmpty()) {
      throw new InvalidSettingsException(
          List.of("routes are missing in " + folder + ": " + String.join(", ", missing)));
    }
  }

  /** Camel wraps: the innermost messages say what, the outer ones where. */
  private static String describe(Throwable failure) {
    String words = "";
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage()).strip();
      if (!message.isEmpty() && !words.contains(message)) {
        words = words.isEmpty() ? message : words + "; because: " + message;
      }
    }
    return words;
  }
}
