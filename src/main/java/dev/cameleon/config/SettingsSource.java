package dev.cameleon.config;

import dev.cameleon.errors.SafeQuote;
import dev.cameleon.errors.Spelling;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The unparsed configuration: defaults, overridden by the file, overridden by the environment. */
final class SettingsSource {
  /** Variables that Kubernetes sets in every pod for a Service whose name begins with cameleon. */
  private static final Pattern KUBERNETES =
      Pattern.compile(
          "CAMELEON_(.*_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\\d+_(TCP|UDP|SCTP)(_.*)?)?)");

  private SettingsSource() {}

  /** The shipped application.properties. */
  static Map<String, String> shipped() {
    try (Reader reader =
        new InputStreamReader(
            SettingsSource.class.getResourceAsStream("/shipped/application.properties"),
            StandardCharsets.UTF_8)) {
      Properties file = new Properties();
      file.load(reader);
      Map<String, String> values = new TreeMap<>();
      file.forEach((name, value) -> values.put(name.toString(), value.toString()));
      return Collections.unmodifiableMap(values);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // never: it is in the jar
    }
  }

  /**
   * Reads the file and the environment; adds unknown names to the problems.
   *
   * @return every property of Cameleon, and the properties {@code camel.*} of the file
   */
  static Map<String, String> read(Map<String, String> environment, List<String> problems) {
    Map<String, String> values = new TreeMap<>(Settings.DEFAULTS);
    Properties file = file(environment, problems);
    for (String name : file.stringPropertyNames()) {
      if (values.containsKey(name) || name.startsWith(Settings.CAMEL)) {
        values.put(name, file.getProperty(name).trim());
      } else {
        problems.add(unknown(name));
      }
    }
    Map<String, String> variables = new TreeMap<>(Map.of(Settings.CONFIG, ""));
    for (String property : Settings.DEFAULTS.keySet()) {
      variables.put(Settings.variable(property), property);
      String set = environment.getOrDefault(Settings.variable(property), "").trim();
      values.merge(property, set, (before, now) -> now.isEmpty() ? before : now);
    }
    for (String name : new TreeSet<>(environment.keySet())) {
      if (name.startsWith("CAMELEON_")
          && !variables.containsKey(name)
          && !KUBERNETES.matcher(name).matches()) { // a misspelt one would silently have no effect
        String meant = nearest(name.toLowerCase(Locale.ROOT).replace('_', '.'));
        problems.add(
            name + " is not a Cameleon variable; did you mean " + Settings.variable(meant) + "?");
      }
    }
    return values;
  }

  /**
   * The message about an unknown name, which shows the text only if it looks like a name, because
   * it may be the second line of a pasted key.
   */
  private static String unknown(String name) {
    return SafeQuote.isName(name)
        ? name + " is not a Cameleon property; did you mean " + nearest(name) + "?"
        : "cannot read the configuration file has a line that is not a Cameleon property"
            + " (not shown: it may be a secret); end each line of a multi-line value but the"
            + " last with \\";
  }

  private static String nearest(String name) {
    return Spelling.nearest(Settings.DEFAULTS.keySet(), name);
  }

  private static Properties file(Map<String, String> environment, List<String> problems) {
    Properties properties = new Properties();
    String named = environment.getOrDefault(Settings.CONFIG, "");
    Path file = Path.of(named.isEmpty() ? "application.properties" : named);
    if (named.isEmpty() && !Files.exists(file)) {
      return properties;
    }
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      problems.add(
          "cannot read the configuration file %s (%s sets its path; for example"
                  .formatted(SafeQuote.path(file), Settings.CONFIG)
              + " /etc/cameleon/application.properties)");
    }
    return properties;
  }
}
