package dev.cameleon.cli.console;

import dev.cameleon.crypto.InvalidKeyFileException;
import dev.cameleon.crypto.KmsKey;
import dev.cameleon.crypto.PrivateKeyFile;
import dev.cameleon.crypto.RecipientKey;
import dev.cameleon.crypto.SecretFile;
import dev.cameleon.dlq.Bodies;
import dev.cameleon.errors.SafeQuote;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that name the private key for sealed values and bodies. */
public final class PrivateKeyOption {
  @Option(
      names = "--private-key",
      paramLabel = "FILE",
      description =
          "A recipient's RSA private key (PKCS #8, PEM), which stays on this machine;"
              + " refused if other users can read it. If it is encrypted, the terminal asks"
              + " for the passphrase.")
  private Path file;

  @Option(
      names = "--passphrase-file",
      paramLabel = "FILE",
      description = "A file whose first line is the passphrase of --private-key.")
  private Path passphraseFile;

  @Option(
      names = "--kms-key",
      paramLabel = "ARN",
      description =
          "A recipient's key in AWS KMS (RSA, ENCRYPT_DECRYPT), instead of"
              + " --private-key; data keys are opened there. Needs kms:GetPublicKey and"
              + " kms:Decrypt.")
  private String kmsKey;

  /** Whether a private key is named. */
  public boolean isGiven() {
    return file != null || kmsKey != null;
  }

  /**
   * Reads the key; empty if no option names one.
   *
   * @throws UsageException if it cannot be used
   */
  public Optional<RecipientKey> key() throws UsageException {
    if (file != null && kmsKey != null) {
      throw new UsageException("give one key: --private-key FILE or --kms-key ARN");
    }
    if (passphraseFile != null && file == null) {
      throw new UsageException("--passphrase-file needs --private-key");
    }
    try {
      if (kmsKey != null) {
        return Optional.of(KmsKey.find(kmsKey));
      }
      return file == null
          ? Optional.empty()
          : Optional.of(PrivateKeyFile.read(file, this::passphrase));
    } catch (InvalidKeyFileException e) {
      throw new UsageException(e.getMessage());
    }
  }

  private char[] passphrase() throws InvalidKeyFileException {
    char[] passphrase = passphraseFile == null ? typed() : firstLine();
    if (passphrase.length == 0) {
      throw new InvalidKeyFileException("the passphrase of " + SafeQuote.path(file) + " is empty");
    }
    return passphrase;
  }

  private char[] typed() throws InvalidKeyFileException {
    char[] typed =
        Printable.isOnTerminal()
            ? System.console().readPassword("Passphrase of %s: ", SafeQuote.path(file))
            : null;
    if (typed == null) {
      throw new InvalidKeyFileException(
          SafeQuote.path(file)
              + " is encrypted: give a file that holds its passphrase"
              + " (--passphrase-file), or run this at a terminal without redirection,"
              + " which asks for the passphrase");
    }
    return typed;
  }

  private char[] firstLine() throws InvalidKeyFileException {
    try {
      String open = SecretFile.openToOthers(passphraseFile);
      if (!open.isEmpty()) {
        throw new InvalidKeyFileException("the passphrase file " + open);
      }
      String text = Files.readString(passphraseFile, StandardCharsets.UTF_8);
      return text.lines().findFirst().orElse("").toCharArray();
    } catch (IOException e) {
      throw new InvalidKeyFileException(
          "the passphrase file %s cannot be read (%s)"
              .formatted(SafeQuote.path(passphraseFile), e.getClass().getSimpleName()));
    }
  }

  /**
   * Opens bodies with the key, if one is named.
   *
   * @throws UsageException if it cannot be used
   */
  public Bodies bodies() throws UsageException {
    return new Bodies(key());
  }
}
