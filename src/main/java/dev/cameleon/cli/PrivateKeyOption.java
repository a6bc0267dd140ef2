package dev.cameleon.cli;

import dev.cameleon.desk.Bodies;
import dev.cameleon.vault.InvalidKeyFileException;
import dev.cameleon.vault.PrivateKeyFile;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What opens sealed bodies. */
final class PrivateKeyOption {
  @Option(
      names = "--private-key",
      paramLabel = "FILE",
      description =
          "Opens sealed bodies: a recipient's RSA key (PKCS #8, PEM, unencrypted), which stays on"
              + " this machine.")
  private Path file;

  /** Whether one is named. */
  boolean isGiven() {
    return file != null;
  }

  /**
   * The key.
   *
   * @throws UsageException if it is no such key
   */
  Optional<PrivateKeyFile> key() throws UsageException {
    try {
      return file == null ? Optional.empty() : Optional.of(PrivateKeyFile.read(file));
    } catch (InvalidKeyFileException e) {
      throw new UsageException(e.getMessage());
    }
  }

  /**
   * The bodies that it opens.
   *
   * @throws UsageException if it is no such key
   */
  Bodies bodies() throws UsageException {
    return new Bodies(key());
  }
}
