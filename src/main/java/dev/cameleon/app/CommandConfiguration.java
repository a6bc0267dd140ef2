package dev.cameleon.app;

import dev.cameleon.aws.AwsClients;
import dev.cameleon.config.DatabaseSettings;
import dev.cameleon.config.SecretReference;
import dev.cameleon.config.Settings;
import dev.cameleon.config.SettingsParser;
import dev.cameleon.config.SettingsSource;
import dev.cameleon.db.Database;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.Problems;
import dev.cameleon.errors.SafeQuote;
import dev.cameleon.mask.InvalidKeysetException;
import dev.cameleon.mask.Keyset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads parts of the configuration, for commands that run where the rest is not available. */
public final class CommandConfiguration {
  private CommandConfiguration() {}

  /**
   * The database login: {@code CAMELEON_DB_URL}, {@code CAMELEON_DB_USER} and {@code
   * CAMELEON_DB_PASSWORD}.
   *
   * @throws InvalidSettingsException with every problem found
   */
  public static Database.Login database(Map<String, String> environment)
      throws InvalidSettingsException {
    Problems problems = new Problems();
    SettingsSource raw = SettingsSource.read(environment, problems);
    Database.Login login =
        DatabaseSettings.loader(new SettingsParser(raw.values(), problems, environment));
    problems.throwIfAny();
    return login;
  }

  /**
   * The configuration of the {@code dlq} commands.
   *
   * @param queue the source queue, name or URL
   * @param deadLetterQueue the dead-letter queue, name or URL
   * @param contract the file of the contract; it may be missing
   * @param ledgerDays how long the ledger keeps message ids
   */
  public record Dlq(String queue, String deadLetterQueue, Path contract, int ledgerDays) {}

  /**
   * The configuration of the {@code dlq} commands; also checks that AWS can be called.
   *
   * @throws InvalidSettingsException with every problem found
   */
  public static Dlq dlq(Map<String, String> environment) throws InvalidSettingsException {
    Problems problems = new Problems();
    SettingsParser parser =
        new SettingsParser(
            SettingsSource.read(environment, problems).values(), problems, environment);
    AwsClients.inspect(problems);
    Dlq dlq =
        new Dlq(
            parser.queue("cameleon.queue"),
            parser.queue("cameleon.dead-letter-queue"),
            parser.path("cameleon.routes").resolve(Configuration.CONTRACT),
            Settings.ledgerDays(parser));
    problems.throwIfAny();
    return dlq;
  }

  /**
   * Reads the mask keys.
   *
   * @throws InvalidSettingsException if there are none, or they cannot be used
   */
  public static Keyset keyset(Map<String, String> environment) throws InvalidSettingsException {
    Problems problems = new Problems();
    Path file =
        new SettingsParser(
                Map.of("cameleon.keyset", Settings.value(environment, "cameleon.keyset")),
                problems,
                environment)
            .path("cameleon.keyset");
    problems.throwIfAny();
    return keyset(file, Settings.value(environment, "cameleon.keyset.json"));
  }

  /**
   * Reads the mask keys if a setting names them or a file is at the default place.
   *
   * @throws InvalidSettingsException if a setting names them and they cannot be used
   */
  public static Optional<Keyset> keysetIfAny(Map<String, String> environment)
      throws InvalidSettingsException {
    String file = Settings.value(environment, "cameleon.keyset");
    boolean none =
        Settings.value(environment, "cameleon.keyset.json").isEmpty()
            && file.equals(Settings.DEFAULTS.get("cameleon.keyset"))
            && !Files.exists(Path.of(file));
    return none ? Optional.empty() : Optional.of(keyset(environment));
  }

  /**
   * Reads the mask keys.
   *
   * @param file the keyset file, used if {@code json} is empty
   * @param json the keyset's JSON, or a reference to the secret that holds it
   * @throws InvalidSettingsException if there are none, or they cannot be used
   */
  public static Keyset keyset(Path file, String json) throws InvalidSettingsException {
    if (json.isEmpty() && !Files.exists(file) && !SafeQuote.isPath(file)) {
      throw wrong(
          "cameleon.keyset",
          "is not a file; put a keyset's JSON, or {{aws:NAME}}, into CAMELEON_KEYSET_JSON");
    }
    try {
      return json.isEmpty()
          ? Keyset.read(file)
          : Keyset.parse(SecretReference.resolve(json), "the keyset of CAMELEON_KEYSET_JSON");
    } catch (InvalidKeysetException | SecretReference.UnavailableException e) {
      throw json.isEmpty()
          ? wrong("cameleon.keyset", e.getMessage())
          : wrong(
              "cameleon.keyset.json",
              e.getMessage()
                  + (json.startsWith("{") ? "" : "; put a file's name into CAMELEON_KEYSET"));
    }
  }

  private static InvalidSettingsException wrong(String property, String what) {
    return new InvalidSettingsException(List.of(Settings.named(property) + ": " + what));
  }
}
