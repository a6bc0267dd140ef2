package dev.cameleon.config;

import dev.cameleon.db.LoadedTable;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.SafeQuote;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The configuration: {@code application.properties}, overridden by the environment. The shipped
 * file lists all properties with their defaults; this class gives each its type and bounds.
 *
 * @param routes the folder with routes, contract and SQL
 * @param watch whether changes of the folder are reloaded
 * @param pipeline the pipeline's name in metrics, logs and the database
 * @param tables the tables that {@code load.sql} writes
 * @param embeddedMetrics whether metrics are also written to standard output, for CloudWatch
 * @param shutdownTimeout the longest time that a stop may take
 * @param camel the {@code camel.*} properties of the file, passed on unchanged
 * @param changes tells which properties have changed since
 * @param shown the properties that the status page shows; no secret, host, user or URL
 */
public record Settings(
    Path routes,
    boolean watch,
    String pipeline,
    List<LoadedTable> tables,
    Queues queues,
    DatabaseSettings database,
    KeysetSettings keyset,
    Privacy privacy,
    Http http,
    Load load,
    InFlight inFlight,
    boolean embeddedMetrics,
    Duration shutdownTimeout,
    Map<String, String> camel,
    SettingsChanges changes,
    Map<String, String> shown) {

  /** The queues, each by name or URL. */
  public record Queues(String source, String deadLetters) {
    /** Reads this part. */
    public static Queues read(ValueParser parser) {
      return new Queues(parser.queue("cameleon.queue"), parser.queue("cameleon.dead-letter-queue"));
    }
  }

  /**
   * How original values are kept.
   *
   * @param recipients the folder with the public keys that the vault is sealed to; empty: no vault
   * @param sealDeadLetters whether dead letters' bodies are sealed to the recipients
   * @param allowUnmask fields that may stop being masked
   */
  public record Privacy(
      Optional<Path> recipients, boolean sealDeadLetters, Set<String> allowUnmask) {}

  /**
   * The address of health and metrics.
   *
   * @param host the address; empty: all addresses of this machine
   * @param port 0 picks a free one
   * @param status whether the status page is served
   */
  public record Http(String host, int port, boolean status) {}

  /**
   * The parallelism of receiving, loading and deleting.
   *
   * @param pollers the maximum number of parallel receives
   * @param loaders the maximum number of batches loaded in parallel
   * @param deleters the maximum number of parallel deletes
   * @param batchRows the maximum number of rows in a batch
   * @param batchWait the longest time that a row waits for its batch
   * @param brakePercent the share of dead letters above which receiving slows down; 100 disables it
   */
  public record Load(
      int pollers,
      int loaders,
      int deleters,
      int batchRows,
      Duration batchWait,
      int brakePercent) {}

  /**
   * The maximum number of messages and bytes in flight, and the longest time of a message in
   * flight.
   */
  public record InFlight(int messages, long bytes, Duration time) {}

  /** The environment variable that names the configuration file. */
  public static final String CONFIG = "CAMELEON_CONFIG";

  /** Every property and its default: those of the shipped application.properties. */
  public static final Map<String, String> DEFAULTS = SettingsSource.shipped();

  private static final List<String> SHOWN =
      List.of(
          "cameleon.pollers",
          "cameleon.loaders",
          "cameleon.deleters",
          "cameleon.batch.rows",
          "cameleon.batch.wait",
          "cameleon.in-flight.messages",
          "cameleon.in-flight.megabytes",
          "cameleon.in-flight.time",
          "cameleon.dead-letter.body",
          "cameleon.dead-letter.brake",
          "cameleon.ledger.days",
          "cameleon.shutdown.timeout");

  /** The prefix of Camel's own properties. */
  static final String CAMEL = "camel.";

  /**
   * Reads the configuration.
   *
   * @param environment the environment variables
   * @throws InvalidSettingsException with every problem found
   */
  public static Settings read(Map<String, String> environment) throws InvalidSettingsException {
    return read(environment, Settings::read);
  }

  /**
   * Reads a part of the configuration, for a command that runs where the rest is not available.
   *
   * @param environment the environment variables
   * @throws InvalidSettingsException with every problem found, unknown names included
   */
  public static <T> T read(Map<String, String> environment, Function<ValueParser, T> part)
      throws InvalidSettingsException {
    List<String> problems = new ArrayList<>();
    Map<String, String> values = SettingsSource.read(environment, problems);
    T read = part.apply(new ValueParser(values, problems, environment));
    InvalidSettingsException.throwIfAny(problems);
    return read;
  }

  private static Settings read(ValueParser parser) {
    Path routes = parser.path("cameleon.routes");
    if (!Files.isDirectory(routes)) {
      parser.problem(
          "cameleon.routes",
          (routes.toString().equals(DEFAULTS.get("cameleon.routes")) // no secret
                  ? "there is no folder " + routes + " in " + Path.of("").toAbsolutePath()
                  : SafeQuote.path(routes) + " is not a folder")
              + "; to write the shipped one: init DIR");
    }
    DatabaseSettings database = DatabaseSettings.read(parser);
    parser.oneOf("cameleon.log", "json", "text");
    Map<String, String> shown = new LinkedHashMap<>();
    SHOWN.forEach(name -> shown.put(name, parser.values().get(name)));
    return new Settings(
        routes,
        parser.oneOf("cameleon.reload", "off", "watch").equals("watch"),
        parser.name("cameleon.pipeline"),
        parser.tables("cameleon.tables"),
        Queues.read(parser),
        database,
        KeysetSettings.read(parser),
        new Privacy(
            parser.optionalPath("cameleon.recipients"),
            parser.oneOf("cameleon.dead-letter.body", "original", "sealed").equals("sealed"),
            parser.words("cameleon.allow.unmask")),
        new Http(
            parser.optional("cameleon.http.host"),
            parser.number("cameleon.http.port", 0, 65_535),
            parser.flag("cameleon.http.status")),
        new Load(
            parser.number("cameleon.pollers", 1, 256),
            parser.number("cameleon.loaders", 1, 64),
            parser.number("cameleon.deleters", 1, 256),
            parser.number("cameleon.batch.rows", 1, 10_000),
            parser.duration("cameleon.batch.wait", Duration.ofMillis(1), Duration.ofSeconds(10)),
            parser.number("cameleon.dead-letter.brake", 1, 100)),
        new InFlight(
            parser.number("cameleon.in-flight.messages", 10, 1_000_000),
            parser.number("cameleon.in-flight.megabytes", 1, 65_536) * 1024L * 1024L,
            parser.duration(
                "cameleon.in-flight.time", Duration.ofSeconds(5), Duration.ofHours(11))),
        parser.oneOf("cameleon.metrics", "emf", "prometheus").equals("emf"),
        parser.duration("cameleon.shutdown.timeout", Duration.ofSeconds(1), Duration.ofHours(1)),
        camel(parser),
        new SettingsChanges(parser.environment(), parser.values()),
        shown);
  }

  /** The {@code camel.*} properties of the file. */
  public static Map<String, String> camel(ValueParser parser) {
    Map<String, String> camel = new TreeMap<>(parser.values());
    camel.keySet().removeIf(name -> !name.startsWith(CAMEL));
    return camel;
  }

  /** Reads the text of one property, for code that runs before the configuration is checked. */
  public static String value(Map<String, String> environment, String property) {
    return SettingsSource.read(environment, new ArrayList<>()).get(property);
  }

  /** The environment variable that overrides a property. */
  public static String variable(String property) {
    return property.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
  }

  /** A property's name with its environment variable, for messages. */
  public static String named(String property) {
    return property + " (" + variable(property) + ")";
  }

  /** Creates an exception with one problem: what is wrong with a property, and an example. */
  public static InvalidSettingsException wrong(String property, String what) {
    return new InvalidSettingsException(named(property) + ": " + what);
  }

  /** Leaves out secrets. */
  @Override
  public String toString() {
    return "Settings[queue=%s, dead letters=%s, loader=%s]"
        .formatted(queues.source(), queues.deadLetters(), database.loader());
  }
}
