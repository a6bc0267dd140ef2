package dev.cameleon;

import dev.cameleon.contract.Contract;
import dev.cameleon.contract.InvalidContractException;
import dev.cameleon.load.LoadStatement;
import dev.cameleon.mask.InvalidKeysetException;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.Masker;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the files say, read before anything is connected: every problem in them is found at once.
 *
 * @param settings the configuration
 * @param contract {@code login.schema.json}
 * @param keyset the mask keys
 * @param statement {@code load.sql}
 */
public record Plan(Settings settings, Contract contract, Keyset keyset, LoadStatement statement) {
  /** The routes' files, for Camel's file pattern. */
  static final String ROUTE_FILES = "*.camel.yaml";

  /**
   * Reads the files that the settings name.
   *
   * @throws InvalidSettingsException with every problem found
   */
  public static Plan read(Settings settings) throws InvalidSettingsException {
    Problems problems = new Problems();
    Aws.inspect(problems);
    requireRoutes(settings.routes(), problems);
    Contract contract = null;
    try {
      contract = Contract.read(settings.routes().resolve("login.schema.json"));
    } catch (InvalidContractException e) {
      problems.add("the contract " + e.getMessage());
    }
    LoadStatement statement = null;
    try {
      statement = LoadStatement.read(settings.routes().resolve("load.sql"));
    } catch (IOException e) {
      problems.add("load.sql cannot be used: " + e.getMessage());
    }
    Keyset keyset = null;
    try {
      keyset =
          settings.keysetJson().isEmpty()
              ? Keyset.read(settings.keyset())
              : Keyset.parse(settings.keysetJson(), "the value of CAMELEON_KEYSET_JSON");
    } catch (InvalidKeysetException e) {
      problems.add("cameleon.keyset (CAMELEON_KEYSET): " + e.getMessage());
    }
    problems.throwIfAny();
    return new Plan(settings, contract, keyset, statement);
  }

  private static void requireRoutes(Path folder, Problems problems) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, ROUTE_FILES)) {
      if (!files.iterator().hasNext()) {
        problems.add(
            "cameleon.routes (CAMELEON_ROUTES): no "
                + ROUTE_FILES
                + " in "
                + folder.toAbsolutePath()
                + "; write the shipped ones with: init DIR");
      }
    } catch (IOException e) {
      problems.add("cameleon.routes (CAMELEON_ROUTES): cannot list " + folder.toAbsolutePath());
    }
  }

  Masker masker() {
    return new Masker(keyset, contract.personal());
  }
}
