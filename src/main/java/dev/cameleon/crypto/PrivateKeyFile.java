package dev.cameleon.crypto;

import dev.cameleon.errors.SafeQuote;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Arrays;
import java.util.Optional;

/** Reads private keys from files. */
public final class PrivateKeyFile {
  /** Supplies the passphrase of an encrypted key; called only if the key is encrypted. */
  @FunctionalInterface
  public interface Passphrase {
    /**
     * Returns the passphrase; the caller wipes the array.
     *
     * @throws InvalidKeyFileException if there is no passphrase
     */
    char[] get() throws InvalidKeyFileException;
  }

  private static final String ENCRYPTED = "ENCRYPTED PRIVATE KEY";

  private PrivateKeyFile() {}

  /**
   * Reads a private key that is not encrypted.
   *
   * @throws InvalidKeyFileException as {@link #read(Path, Passphrase)}, and if it is encrypted
   */
  public static RecipientKey read(Path file) throws InvalidKeyFileException {
    return read(
        file,
        () -> {
          throw new InvalidKeyFileException(file, " is encrypted, and no passphrase was given");
        });
  }

  /**
   * Reads a private key: PKCS #8 (RFC 5958) in PEM, unencrypted or with PBES2 (RFC 8018 §6.2).
   *
   * @throws InvalidKeyFileException if the file is missing, readable by every user of the machine,
   *     not such a key, or encrypted with another passphrase
   */
  public static RecipientKey read(Path file, Passphrase passphrase) throws InvalidKeyFileException {
    try {
      if (!Files.exists(file)) {
        throw new InvalidKeyFileException("no private key at " + SafeQuote.path(file));
      }
      String open = SecretFile.openToOthers(file);
      if (!open.isEmpty()) {
        throw new InvalidKeyFileException("the private key " + open);
      }
    } catch (IOException e) {
      throw new InvalidKeyFileException(file, e);
    }
    PemFile pem = PemFile.read(file);
    switch (pem.label()) {
      case "PRIVATE KEY" -> {
        return of(file, pem.content(), " is not an RSA private key");
      }
      case ENCRYPTED -> {
        return of(
            file,
            decrypt(file, pem.content(), passphrase),
            " cannot be opened: the passphrase is wrong, or it is not an RSA private key");
      }
      case "RSA PRIVATE KEY" ->
          throw new InvalidKeyFileException(
              file, " is not a PKCS #8 key; convert it with: openssl pkey -in FILE -out NEW");
      default ->
          throw new InvalidKeyFileException(
              file,
              pem.label().endsWith("PRIVATE KEY")
                  ? " is not an RSA private key"
                  : " is not a private key but a " + pem.label());
    }
  }

  private static RecipientKey of(Path file, byte[] pkcs8, String wrong)
      throws InvalidKeyFileException {
    try {
      KeyFactory rsa = KeyFactory.getInstance("RSA");
      RSAPrivateCrtKey key = (RSAPrivateCrtKey) rsa.generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      return new RecipientKey(
          rsa.generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent())),
          sealedKey -> Envelope.unwrap(key, sealedKey));
    } catch (GeneralSecurityException | ClassCastException e) {
      throw new InvalidKeyFileException(file, wrong);
    }
  }

  private static byte[] decrypt(Path file, byte[] encrypted, Passphrase passphrase)
      throws InvalidKeyFileException {
    Optional<Pbes2> pbes2 = Pbes2.parse(encrypted);
    if (pbes2.isEmpty()) {
      throw new InvalidKeyFileException(
          file
              + " is not encrypted with PBES2 (PBKDF2 and AES); convert it with: openssl"
              + " pkcs8 -topk8 -in FILE -out NEW");
    }
    char[] secret = passphrase.get();
    try {
      return pbes2.get().decrypt(secret);
    } catch (GeneralSecurityException e) {
      throw new InvalidKeyFileException(
          file, " cannot be opened: the passphrase is wrong, or the file is damaged");
    } finally {
      Arrays.fill(secret, '\0');
    }
  }
}
