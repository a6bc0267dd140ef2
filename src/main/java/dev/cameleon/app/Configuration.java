package dev.cameleon.app;

import dev.cameleon.aws.AwsClients;
import dev.cameleon.config.Settings;
import dev.cameleon.contract.Contract;
import dev.cameleon.contract.InvalidContractException;
import dev.cameleon.crypto.InvalidKeyFileException;
import dev.cameleon.crypto.Recipient;
import dev.cameleon.db.LoadedTable;
import dev.cameleon.db.TableRecord;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.SafeQuote;
import dev.cameleon.load.InsertCheck;
import dev.cameleon.load.LoadSql;
import dev.cameleon.load.LoadStatement;
import dev.cameleon.load.TokenArrival;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.mask.Masker;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The configuration with the files that it names, read before anything is connected, so that every
 * problem in them is reported at once.
 *
 * @param settings the configuration
 * @param contract {@code login.schema.json}
 * @param keyset the mask keys
 * @param loadSql {@code load.sql}
 * @param recipients the recipients that the vault and dead letters are sealed to; empty: there is
 *     no vault
 * @param files the folder of the routes, which {@code contract} and {@code loadSql} come from
 */
public record Configuration(
    Settings settings,
    Contract contract,
    Keyset keyset,
    LoadSql loadSql,
    List<Recipient> recipients,
    RouteFiles files) {
  private static final String RECIPIENTS = Settings.named("cameleon.recipients");

  /**
   * Reads the files that the settings name.
   *
   * @throws InvalidSettingsException with every problem found
   */
  public static Configuration read(Settings settings) throws InvalidSettingsException {
    return read(settings, AwsClients.problems());
  }

  /**
   * As {@link #read(Settings)}, for a command that does not use AWS.
   *
   * @throws InvalidSettingsException with every problem found
   */
  public static Configuration readFiles(Settings settings) throws InvalidSettingsException {
    return read(settings, new ArrayList<>());
  }

  private static Configuration read(Settings settings, List<String> problems)
      throws InvalidSettingsException {
    RouteFiles files = files(settings, problems);
    requireRoutes(files, problems);
    Pair parsed = Pair.parse(files, problems);
    Keyset keyset = null;
    try {
      keyset = settings.keyset().keys();
    } catch (InvalidSettingsException e) {
      problems.addAll(e.problems());
    }
    Optional<Path> folder = settings.privacy().recipients();
    List<Recipient> recipients = List.of();
    try {
      recipients = folder.isEmpty() ? recipients : Recipient.read(folder.get());
    } catch (InvalidKeyFileException e) {
      problems.add(RECIPIENTS + ": " + e.getMessage());
    }
    if (settings.privacy().sealDeadLetters() && folder.isEmpty()) {
      problems.add(
          Settings.named("cameleon.dead-letter.body")
              + ": is sealed, but there are no recipients; set the folder of their public keys, for"
              + " example CAMELEON_RECIPIENTS=recipients, or set this to original");
    }
    InvalidSettingsException.throwIfAny(problems);
    return new Configuration(
        settings, parsed.contract(), keyset, parsed.loadSql(), recipients, files);
  }

  /**
   * This configuration with other files of its folder.
   *
   * @throws InvalidSettingsException with every problem found
   */
  Configuration with(RouteFiles other) throws InvalidSettingsException {
    List<String> problems = new ArrayList<>();
    requireRoutes(other, problems);
    Pair parsed = Pair.parse(other, problems);
    InvalidSettingsException.throwIfAny(problems);
    return new Configuration(
        settings, parsed.contract(), keyset, parsed.loadSql(), recipients, other);
  }

  private static RouteFiles files(Settings settings, List<String> problems) {
    try {
      return RouteFiles.read(settings.routes());
    } catch (IOException e) {
      problems.add(unreadable(settings, e));
      return new RouteFiles(settings.routes(), false, new TreeMap<>());
    }
  }

  /** Why the folder of the routes cannot be read, in words for an operator. */
  static String unreadable(Settings settings, IOException failure) {
    return "%s: cannot read the files in %s (%s)"
        .formatted(
            Settings.named("cameleon.routes"),
            SafeQuote.path(settings.routes()),
            failure.getClass() == IOException.class
                ? failure.getMessage()
                : failure.getClass().getSimpleName());
  }

  private static void requireRoutes(RouteFiles files, List<String> problems) {
    if (files.shipped() && !files.has(RouteFiles.CONTRACT)) {
      problems.add(
          "%s: no %s and no %s in %s; to write the shipped files: init DIR"
              .formatted(
                  Settings.named("cameleon.routes"),
                  RouteFiles.ROUTES,
                  RouteFiles.CONTRACT,
                  SafeQuote.path(files.folder())));
    }
  }

  /** Contract and {@code load.sql}; each null if it is wrong. */
  private record Pair(Contract contract, LoadSql loadSql) {
    static Pair parse(RouteFiles files, List<String> problems) {
      Contract contract = contract(files, problems);
      LoadSql loadSql = loadSql(files, problems);
      if (contract != null && loadSql != null) {
        problems.addAll(InsertCheck.misread(loadSql, contract));
      }
      return new Pair(contract, loadSql);
    }

    private static Contract contract(RouteFiles files, List<String> problems) {
      Path path = files.path(RouteFiles.CONTRACT);
      try {
        try {
          return Contract.parse(path, files.text(RouteFiles.CONTRACT));
        } catch (IOException e) {
          throw InvalidContractException.unreadable(path, e);
        }
      } catch (InvalidContractException e) {
        problems.add("the contract " + e.getMessage());
        return null;
      }
    }

    private static LoadSql loadSql(RouteFiles files, List<String> problems) {
      try {
        return LoadSql.parse(files.path(RouteFiles.LOAD_SQL), files.text(RouteFiles.LOAD_SQL));
      } catch (IOException e) {
        problems.add("load.sql cannot be used: " + e.getMessage());
        return null;
      }
    }
  }

  /**
   * The tables to record in the database, for a command that needs no keys.
   *
   * @throws InvalidSettingsException with every problem of the contract and {@code load.sql}
   */
  public static TableRecord tables(Settings settings) throws InvalidSettingsException {
    List<String> problems = new ArrayList<>();
    Pair parsed = Pair.parse(files(settings, problems), problems);
    InvalidSettingsException.throwIfAny(problems);
    return tables(settings, parsed.contract(), parsed.loadSql());
  }

  private static TableRecord tables(Settings settings, Contract contract, LoadSql loadSql) {
    return new TableRecord(
        settings.pipeline(),
        String.join(".", contract.personal().subject()),
        settings.tables(),
        loadSql.upserts());
  }

  /** The tables to record in the database. */
  TableRecord tables() {
    return tables(settings, contract, loadSql);
  }

  /**
   * The differences between the declared tables and the database's record; run may record them
   * itself.
   */
  List<String> unrecordedTables(Connection connection) throws SQLException {
    return settings.database().migrate() ? List.of() : tables().problems(connection);
  }

  /**
   * The tables that {@code load.sql} writes and that are not declared, as problems.
   *
   * @throws SQLException if it cannot run as it is, with SQLSTATE 42…, or the database fails
   */
  List<String> undeclaredTables(Connection connection) throws SQLException {
    return statement().undeclared(connection, declared());
  }

  /**
   * As {@link #undeclaredTables(Connection)}, but from the text of {@code load.sql} only: a table
   * behind a view is not noticed.
   */
  List<String> undeclaredTables() {
    return loadSql.undeclared(declared());
  }

  /** The tables that the settings declare. */
  List<LoadedTable.Name> declared() {
    return settings.tables().stream().map(LoadedTable::table).toList();
  }

  /** The recipients of the vault, in words for an operator. */
  String vaultInWords() {
    return recipients.isEmpty()
        ? "none, because there are no recipients (CAMELEON_RECIPIENTS): original values"
            + " are not kept"
        : "sealed to " + recipients;
  }

  /** Whether the bodies of dead letters are sealed, in words for an operator. */
  String deadLettersInWords() {
    return settings.privacy().sealDeadLetters() ? "sealed to " + recipients : "original bodies";
  }

  /** The differences between this mask and the mask that the database has recorded. */
  public List<String> maskProblems(Connection connection) throws SQLException {
    return new MaskGuard(keyset, contract.personal().kinds(), settings.pipeline())
        .problems(connection, settings.privacy().allowUnmask());
  }

  /** The statement that loads a batch. */
  public LoadStatement statement() {
    return new LoadStatement(loadSql, contract, settings.pipeline());
  }

  /** Looks for mistakes in {@code load.sql}. */
  public InsertCheck insertCheck() {
    return new InsertCheck(loadSql, contract);
  }

  /** Tests how tokens arrive in the tables. */
  public TokenArrival tokenArrival() {
    return new TokenArrival(loadSql, statement(), contract.personal().fields());
  }

  /** Masks by the contract, with these keys. */
  public Masker masker() {
    return new Masker(keyset, contract.personal());
  }
}
