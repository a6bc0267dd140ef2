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

  /**
   * The bodies that it opens.
   *
   * @throws UsageException if it is no such key
   */
  Bodies bodies() throws UsageException {
    if (file == null) {
      return new Bodies(Optional.empty());
    }
    try {
      return new Bodies(Optional.of(PrivateKeyFile.read(file)));
    } catch (InvalidKeyFileException e) {
      throw new UsageException(e.getMessage());
    }
  }
}
