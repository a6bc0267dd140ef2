package dev.cameleon.app;

import dev.cameleon.aws.AwsClients;
import dev.cameleon.config.Settings;
import dev.cameleon.contract.Contract;
import dev.cameleon.contract.InvalidContractException;
import dev.cameleon.crypto.InvalidKeyFileException;
import dev.cameleon.crypto.Recipient;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.Problems;
import dev.cameleon.errors.SafeQuote;
import dev.cameleon.load.LoadSql;
import dev.cameleon.load.LoadStatement;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.Masker;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

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
  /** Camel's file pattern for the routes. */
  static final String ROUTE_FILES = "*.camel.yaml";

  /** The contract's file, in the folder of the routes. */
  static final String CONTRACT = "login.schema.json";

  /**
   * Reads the files that the settings name.
   *
   * @throws InvalidSettingsException with every problem found
   */
  public static Configuration read(Settings settings) throws InvalidSettingsException {
    Problems problems = new Problems();
    AwsClients.inspect(problems);
    requireRoutes(settings.routes(), problems);
    Contract contract = null;
    try {
      contract = Contract.read(settings.routes().resolve(CONTRACT));
    } catch (InvalidContractException e) {
      problems.add("the contract " + e.getMessage());
    }
    LoadSql loadSql = null;
    try {
      loadSql = LoadSql.read(settings.routes().resolve("load.sql"));
    } catch (IOException e) {
      problems.add("load.sql cannot be used: " + e.getMessage());
    }
    if (contract != null && loadSql != null) {
      LoadStatement.misread(loadSql, contract).forEach(problems::add);
    }
    Keyset keyset = null;
    try {
      keyset = CommandConfiguration.keyset(settings.keyset(), settings.keysetJson());
    } catch (InvalidSettingsException e) {
      e.problems().forEach(problems::add);
    }
    List<Recipient> recipients = recipients(settings, problems);
    if (settings.sealDeadLetters() && settings.recipients().isEmpty()) {
      problems.add(
          "cameleon.dead-letter.body (CAMELEON_DEAD_LETTER_BODY): is sealed, but there"
              + " are no recipients; set the folder of their public keys, for example"
              + " CAMELEON_RECIPIENTS=recipients, or set this to original");
    }
    problems.throwIfAny();
    return new Configuration(settings, contract, keyset, loadSql, recipients);
  }

  private static List<Recipient> recipients(Settings settings, Problems problems) {
    try {
      return settings.recipients().isEmpty()
          ? List.of()
          : Recipient.read(settings.recipients().get());
    } catch (InvalidKeyFileException e) {
      problems.add("cameleon.recipients (CAMELEON_RECIPIENTS): " + e.getMessage());
      return List.of();
    }
  }

  private static void requireRoutes(Path folder, Problems problems) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, ROUTE_FILES)) {
      if (!files.iterator().hasNext()) {
        problems.add(
            "cameleon.routes (CAMELEON_ROUTES): no "
                + ROUTE_FILES
                + " in "
                + SafeQuote.path(folder)
                + "; to write the shipped files: init DIR");
      }
    } catch (IOException e) {
      problems.add("cameleon.routes (CAMELEON_ROUTES): cannot list " + SafeQuote.path(folder));
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
    return settings.sealDeadLetters() ? "sealed to " + recipients : "original bodies";
  }

  LoadStatement statement() {
    return new LoadStatement(loadSql, contract);
  }

  Masker masker() {
    return new Masker(keyset, contract.personal());
  }
}
