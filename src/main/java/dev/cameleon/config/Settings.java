package dev.cameleon.config;

import dev.cameleon.db.Database;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.Problems;
import dev.cameleon.errors.SafeQuote;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The configuration: {@code application.properties}, overridden by the environment. All problems
 * are reported, not only the first.
 *
 * @param routes the folder with routes, contract and SQL
 * @param queue the source queue, name or URL
 * @param deadLetterQueue the dead-letter queue, name or URL
 * @param loader the login that loads
 * @param owner the login that migrates
 * @param migrate whether {@code run} applies migrations
 * @param keyset the keyset file
 * @param keysetJson the keyset's content or a reference to it, which takes precedence over the
 *     file; may be empty; secret
 * @param recipients the folder with the public keys that the vault is sealed to; empty: no vault
 * @param sealDeadLetters whether dead letters' bodies are sealed to the recipients
 * @param allowUnmask fields that may stop being masked
 * @param httpHost the address to serve health and metrics on; empty: all addresses of this machine
 * @param httpPort the port of health and metrics; 0 picks a free one
 * @param pollers how many receives run at a time
 * @param loaders how many batches are loaded at a time
 * @param deleters how many deletes run at a time
 * @param batchRows the most rows of one batch
 * @param batchWait the longest that a row waits for its batch
 * @param maxMessages the most messages in flight
 * @param maxBytes the most bytes in flight
 * @param maxTime the longest that a message is kept in flight
 * @param brakePercent the share of dead letters above which receiving slows down; 100 disables it
 * @param ledgerDays how long the ledger keeps message ids
 * @param shutdownTimeout the longest that a stop may take
 * @param camel the {@code camel.*} properties of the file, passed on unchanged
 */
public record Settings(
    Path routes,
    String queue,
    String deadLetterQueue,
    Database.Login loader,
    Database.Login owner,
    boolean migrate,
    Path keyset,
    String keysetJson,
    Optional<Path> recipients,
    boolean sealDeadLetters,
    Set<String> allowUnmask,
    String httpHost,
    int httpPort,
    int pollers,
    int loaders,
    int deleters,
    int batchRows,
    Duration batchWait,
    int maxMessages,
    long maxBytes,
    Duration maxTime,
    int brakePercent,
    int ledgerDays,
    Duration shutdownTimeout,
    Map<String, String> camel) {

  /** The environment variable that names the configuration file. */
  public static final String CONFIG = "CAMELEON_CONFIG";

  /** Every property and its default: the same as in the shipped application.properties. */
  public static final Map<String, String> DEFAULTS = defaults();

  private static Map<String, String> defaults() {
    Map<String, String> defaults = new LinkedHashMap<>();
    defaults.put("cameleon.routes", "routes");
    defaults.put("cameleon.queue", "login-queue");
    defaults.put("cameleon.dead-letter-queue", "login-queue-dlq");
    defaults.put("cameleon.db.url", "jdbc:postgresql://localhost:5432/postgres");
    defaults.put("cameleon.db.user", "");
    defaults.put("cameleon.db.password", "");
    defaults.put("cameleon.db.iam", "false");
    defaults.put("cameleon.db.owner.user", "");
    defaults.put("cameleon.db.owner.password", "");
    defaults.put("cameleon.migrate", "true");
    defaults.put("cameleon.keyset", "keys/mask.json");
    defaults.put("cameleon.keyset.json", "");
    defaults.put("cameleon.recipients", "");
    defaults.put("cameleon.dead-letter.body", "original");
    defaults.put("cameleon.allow.unmask", "");
    defaults.put("cameleon.http.host", "");
    defaults.put("cameleon.http.port", "9876");
    defaults.put("cameleon.log", "text");
    defaults.put("cameleon.pollers", "96");
    defaults.put("cameleon.loaders", "4");
    defaults.put("cameleon.deleters", "96");
    defaults.put("cameleon.batch.rows", "500");
    defaults.put("cameleon.batch.wait", "200ms");
    defaults.put("cameleon.in-flight.messages", "10000");
    defaults.put("cameleon.in-flight.megabytes", "64");
    defaults.put("cameleon.in-flight.time", "10m");
    defaults.put("cameleon.dead-letter.brake", "50");
    defaults.put("cameleon.ledger.days", "30");
    defaults.put("cameleon.shutdown.timeout", "25s");
    return defaults;
  }

  /** The environment variable that overrides a property. */
  public static String variable(String property) {
    return property.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
  }

  /** A property's name for messages, with its environment variable. */
  public static String named(String property) {
    return property + " (" + variable(property) + ")";
  }

  /**
   * Reads the configuration.
   *
   * @param environment the environment variables
   * @throws InvalidSettingsException with every problem found
   */
  public static Settings read(Map<String, String> environment) throws InvalidSettingsException {
    Problems problems = new Problems();
    SettingsSource raw = SettingsSource.read(environment, problems);
    Settings settings = parse(new SettingsParser(raw.values(), problems, environment), raw.camel());
    problems.throwIfAny();
    return settings;
  }

  private static Settings parse(SettingsParser parser, Map<String, String> camel) {
    Path routes = parser.path("cameleon.routes");
    if (!Files.isDirectory(routes)) {
      parser.problem(
          "cameleon.routes",
          SafeQuote.path(routes) + " is not a folder; to write the shipped one: init DIR");
    }
    Database.Login loader = DatabaseSettings.loader(parser);
    Database.Login owner = DatabaseSettings.owner(parser, loader);
    parser.oneOf("cameleon.log", Set.of("text", "json"));
    return new Settings(
        routes,
        parser.queue("cameleon.queue"),
        parser.queue("cameleon.dead-letter-queue"),
        loader,
        owner,
        parser.flag("cameleon.migrate"),
        parser.path("cameleon.keyset"),
        parser.optional("cameleon.keyset.json"),
        parser.optionalPath("cameleon.recipients"),
        parser.oneOf("cameleon.dead-letter.body", Set.of("original", "sealed")).equals("sealed"),
        Arrays.stream(parser.optional("cameleon.allow.unmask").split(","))
            .map(String::trim)
            .filter(field -> !field.isEmpty())
            .collect(Collectors.toSet()),
        parser.optional("cameleon.http.host"),
        parser.number("cameleon.http.port", 0, 65_535),
        parser.number("cameleon.pollers", 1, 256),
        parser.number("cameleon.loaders", 1, 64),
        parser.number("cameleon.deleters", 1, 256),
        parser.number("cameleon.batch.rows", 1, 10_000),
        parser.duration("cameleon.batch.wait", Duration.ofMillis(1), Duration.ofSeconds(10)),
        parser.number("cameleon.in-flight.messages", 10, 1_000_000),
        parser.number("cameleon.in-flight.megabytes", 1, 65_536) * 1024L * 1024L,
        parser.duration("cameleon.in-flight.time", Duration.ofSeconds(5), Duration.ofHours(11)),
        parser.number("cameleon.dead-letter.brake", 1, 100),
        ledgerDays(parser),
        parser.duration("cameleon.shutdown.timeout", Duration.ofSeconds(1), Duration.ofHours(1)),
        camel);
  }

  /** How many days the ledger keeps message ids: more than the 14 that SQS keeps a message. */
  public static int ledgerDays(SettingsParser parser) {
    return parser.number("cameleon.ledger.days", 15, 3650);
  }

  /**
   * Reads one value unchecked, for code that runs before the whole configuration is checked.
   *
   * @param property its name, for example {@code cameleon.log}
   */
  public static String value(Map<String, String> environment, String property) {
    String set = environment.getOrDefault(variable(property), "").trim();
    return set.isEmpty()
        ? SettingsSource.file(environment, new Problems())
            .getProperty(property, DEFAULTS.get(property))
            .trim()
        : set;
  }

  /** Parses a duration such as {@code 200ms} or {@code 15m}; empty if it is not one. */
  public static Optional<Duration> duration(String text) {
    return Optional.ofNullable(SettingsParser.duration(text));
  }

  /** Without secrets. */
  @Override
  public String toString() {
    return "Settings[queue="
        + queue
        + ", dead letters="
        + deadLetterQueue
        + ", loader="
        + loader
        + "]";
  }
}
