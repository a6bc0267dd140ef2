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
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.mask.Masker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The configuration with the files that it names, read before anything is connected, so that every
 * problem in them is reported at once.
 *
 * @param settings the configuration
 * @param contract {@code login.schema.json}
 * @param keyset the mask keys
 * @param loadSql {@code load.sql}
 * @param recipients who may open the vault and sealed dead letters; empty: there is no vault
 */
public record Configuration(
    Settings settings,
    Contract contract,
    Keyset keyset,
    LoadSql loadSql,
    List<Recipient> recipients) {
  private static final String RECIPIENTS = Settings.named("cameleon.recipients");

  /** The contract's file, in the folder of the routes. */
  static final String CONTRACT = "login.schema.json";

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
    requireRoutes(settings.routes(), problems);
    Contract contract = contract(settings, problems);
    LoadSql loadSql = loadSql(settings, problems);
    if (contract != null && loadSql != null) {
      InsertCheck.misread(loadSql, contract).forEach(problems::add);
    }
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
    return new Configuration(settings, contract, keyset, loadSql, recipients);
  }

  private static Contract contract(Settings settings, List<String> problems) {
    try {
      return Contract.read(settings.routes().resolve(CONTRACT));
    } catch (InvalidContractException e) {
      problems.add("the contract " + e.getMessage());
      return null;
    }
  }

  private static LoadSql loadSql(Settings settings, List<String> problems) {
    try {
      return LoadSql.read(settings.routes().resolve("load.sql"));
    } catch (IOException e) {
      problems.add("load.sql cannot be used: " + e.getMessage());
      return null;
    }
  }

  /**
   * The tables to record in the database, for a command that needs no keys.
   *
   * @throws InvalidSettingsException with every problem of the contract and {@code load.sql}
   */
  public static TableRecord tables(Settings settings) throws InvalidSettingsException {
    List<String> problems = new ArrayList<>();
    Contract contract = contract(settings, problems);
    LoadSql loadSql = loadSql(settings, problems);
    InvalidSettingsException.throwIfAny(problems);
    return tables(settings, contract, loadSql);
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

  /** How the declared tables differ from the database's record; run may record them itself. */
  List<String> unrecordedTables(Connection connection) throws SQLException {
    return settings.database().migrate() ? List.of() : tables().problems(connection);
  }

  /**
   * What {@code load.sql} writes besides the declared tables.
   *
   * @throws SQLException if it cannot run as it is, with SQLSTATE 42…, or the database fails
   */
  List<String> undeclaredTables(Connection connection) throws SQLException {
    return statement().undeclared(connection, declared());
  }

  /** The same from the text of {@code load.sql}, which may hide a table behind a view. */
  List<String> undeclaredTables() {
    return loadSql.undeclared(declared());
  }

  private List<LoadedTable.Name> declared() {
    return settings.tables().stream().map(LoadedTable::table).toList();
  }

  private static void requireRoutes(Path folder, List<String> problems) {
    String routes = Settings.named("cameleon.routes");
    String shown = SafeQuote.path(folder);
    try {
      if (RouteFiles.in(folder).isEmpty() && !Files.exists(folder.resolve(CONTRACT))) {
        problems.add(
            "%s: no *.camel.yaml and no %s in %s; to write the shipped files: init DIR"
                .formatted(routes, CONTRACT, shown));
      }
    } catch (UncheckedIOException e) {
      problems.add(routes + ": cannot list " + shown);
    }
  }

  /** Who may open the vault, in words for an operator. */
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

  /** How the mask differs from the one that the database has a record of. */
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

  /** Masks by the contract, with these keys. */
  public Masker masker() {
    return new Masker(keyset, contract.personal());
  }
}
