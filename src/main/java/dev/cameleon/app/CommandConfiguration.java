package dev.cameleon.app;

import dev.cameleon.aws.AwsClients;
import dev.cameleon.config.DatabaseSettings;
import dev.cameleon.config.KeysetSettings;
import dev.cameleon.config.Settings;
import dev.cameleon.db.Database;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.mask.Keyset;
import java.nio.file.Path;
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
    return Settings.read(environment, DatabaseSettings::loader);
  }

  /**
   * The configuration of the {@code dlq} commands.
   *
   * @param routes the folder of the routes; it may be missing
   * @param camel the properties of Camel
   * @param ledgerDays how long the ledger keeps message ids
   */
  public record Dlq(
      Settings.Queues queues, Path routes, Map<String, String> camel, int ledgerDays) {
    /** The file of the contract; it may be missing. */
    public Path contract() {
      return routes.resolve(RouteFiles.CONTRACT);
    }
  }

  /**
   * The configuration of the {@code dlq} commands; also checks that AWS can be called.
   *
   * @throws InvalidSettingsException with every problem found
   */
  public static Dlq dlq(Map<String, String> environment) throws InvalidSettingsException {
    return Settings.read(
        environment,
        parser -> {
          parser.problems().addAll(AwsClients.problems());
          return new Dlq(
              Settings.Queues.read(parser),
              parser.path("cameleon.routes"),
              Settings.camel(parser),
              DatabaseSettings.ledgerDays(parser));
        });
  }

  /**
   * Reads the mask keys.
   *
   * @throws InvalidSettingsException if there are none, or they cannot be used
   */
  public static Keyset keyset(Map<String, String> environment) throws InvalidSettingsException {
    return Settings.read(environment, KeysetSettings::read).keys();
  }

  /**
   * Reads the mask keys if a setting names them or a file is at the default place.
   *
   * @throws InvalidSettingsException if a setting names them and they cannot be used
   */
  public static Optional<Keyset> keysetIfAny(Map<String, String> environment)
      throws InvalidSettingsException {
    KeysetSettings settings = Settings.read(environment, KeysetSettings::read);
    return settings.isNone() ? Optional.empty() : Optional.of(settings.keys());
  }
}
