package dev.cameleon.config;

import dev.cameleon.errors.Problems;
import dev.cameleon.errors.SafeQuote;
import dev.cameleon.errors.Spelling;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The unparsed configuration: defaults, overridden by the file, overridden by the environment.
 *
 * @param values every property of Cameleon
 * @param camel the {@code camel.*} properties of the file
 */
public record SettingsSource(Map<String, String> values, Map<String, String> camel) {
  private static final String CAMEL = "camel.";

  /** Variables that Kubernetes sets in every pod for a Service whose name begins with cameleon. */
  private static final Pattern KUBERNETES =
      Pattern.compile(
          "CAMELEON_(.*_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\\d+_(TCP|UDP|SCTP)(_.*)?)?)");

  /** Reads the file and the environment; adds unknown names to the problems. */
  public static SettingsSource read(Map<String, String> environment, Problems problems) {
    Map<String, String> values = new LinkedHashMap<>(Settings.DEFAULTS);
    Map<String, String> camel = new LinkedHashMap<>();
    Properties file = file(environment, problems);
    for (String name : file.stringPropertyNames()) {
      String value = file.getProperty(name).trim();
      if (values.containsKey(name)) {
        values.put(name, value);
      } else if (name.startsWith(CAMEL)) {
        camel.put(name, value);
      } else {
        problems.add(unknown(name, values.keySet()));
      }
    }
    refuseUnknown(environment, problems);
    for (String property : Settings.DEFAULTS.keySet()) {
      String set = environment.getOrDefault(Settings.variable(property), "").trim();
      if (!set.isEmpty()) {
        values.put(property, set);
      }
    }
    return new SettingsSource(values, camel);
  }

  /**
   * The message about an unknown name, which is not shown unless it looks like one: it may be the
   * second line of a pasted key.
   */
  private static String unknown(String name, Set<String> known) {
    return SafeQuote.isName(name)
        ? name + " is not a Cameleon property; did you mean " + Spelling.nearest(known, name) + "?"
        : "cannot read the configuration file has a line that is not a Cameleon property"
            + " (not shown: it may be a secret); end each line of a multi-line value but the"
            + " last with \\";
  }

  static Properties file(Map<String, String> environment, Problems problems) {
    Properties properties = new Properties();
    String named = environment.getOrDefault(Settings.CONFIG, "");
    Path file = Path.of(named.isEmpty() ? "application.properties" : named);
    if (named.isEmpty() && !Files.exists(file)) {
      return properties; // the defaults are the shipped file's
    }
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      problems.add(
          "cannot read the configuration file "
              + SafeQuote.path(file)
              + " ("
              + Settings.CONFIG
              + " sets its path; for example /etc/cameleon/application.properties)");
    }
    return properties;
  }

  /** Reports unknown variables: a misspelt one would silently have no effect. */
  private static void refuseUnknown(Map<String, String> environment, Problems problems) {
    for (String name : new TreeSet<>(environment.keySet())) {
      boolean known =
          name.equals(Settings.CONFIG)
              || Settings.DEFAULTS.keySet().stream()
                  .anyMatch(key -> Settings.variable(key).equals(name));
      if (name.startsWith("CAMELEON_") && !known && !KUBERNETES.matcher(name).matches()) {
        String meant =
            Spelling.nearest(
                Settings.DEFAULTS.keySet(), name.toLowerCase(Locale.ROOT).replace('_', '.'));
        problems.add(
            name + " is not a Cameleon variable; did you mean " + Settings.variable(meant) + "?");
      }
    }
  }
}
