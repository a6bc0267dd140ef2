package dev.cameleon.crypto;

import dev.cameleon.errors.SafeQuote;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A person or service that can open the vault, identified by a public key.
 *
 * @param fingerprint SHA-256 of the key's SubjectPublicKeyInfo (RFC 5280), hexadecimal
 * @param key the public key
 */
public record Recipient(String fingerprint, PublicKey key) {
  private static final int LEAST_BITS = 3072;

  /** The label of a public key in a PEM file (RFC 7468 §13). */
  private static final String PUBLIC = "PUBLIC KEY";

  /**
   * Reads a folder of public keys: every file {@code *.pem} is one.
   *
   * @throws InvalidKeyFileException if there is no key, if one is not an RSA public key of at least
   *     3072 bits, or if every user of this machine may add or change one, because such a user
   *     could read everything sealed from then on
   */
  public static List<Recipient> read(Path folder) throws InvalidKeyFileException {
    Map<String, Recipient> recipients = new LinkedHashMap<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.pem")) {
      refuseIf(SecretFile.changeableByOthers(folder));
      for (Path file : files) {
        requireOwners(folder, file);
        Recipient recipient = of(file, PemFile.read(file));
        recipients.put(recipient.fingerprint(), recipient);
      }
    } catch (IOException e) {
      throw new InvalidKeyFileException(SafeQuote.path(folder) + " is not a readable folder");
    }
    if (recipients.isEmpty()) {
      throw new InvalidKeyFileException(
          "no public key (*.pem) in "
              + SafeQuote.path(folder)
              + "; add one, or unset it to run without a vault");
    }
    return List.copyOf(recipients.values());
  }

  private static void requireOwners(Path folder, Path file) throws InvalidKeyFileException {
    try {
      refuseIf(SecretFile.changeableByOthers(file));
      if (SecretFile.isStrangers(folder, file)) {
        throw new InvalidKeyFileException(
            file,
            " does not belong to the folder's owner, and every user of this"
                + " machine can add files there; if it is a recipient, chown it, and"
                + " chmod o-w the folder");
      }
    } catch (IOException e) {
      throw new InvalidKeyFileException(file, e);
    }
  }

  private static void refuseIf(String open) throws InvalidKeyFileException {
    if (!open.isEmpty()) {
      throw new InvalidKeyFileException(open);
    }
  }

  private static Recipient of(Path file, PemFile pem) throws InvalidKeyFileException {
    if (!pem.label().equals(PUBLIC)) {
      throw new InvalidKeyFileException(
          file,
          pem.label().endsWith("PRIVATE KEY")
              ? " is a private key, which must not be on this machine; write its public key with:"
                  + " openssl pkey -in FILE -pubout"
              : " must hold a PUBLIC KEY, not a " + pem.label());
    }
    try {
      PublicKey key =
          KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(pem.content()));
      if (((RSAPublicKey) key).getModulus().bitLength() < LEAST_BITS) {
        throw new InvalidKeyFileException(
            file, " is an RSA key of fewer than " + LEAST_BITS + " bits");
      }
      return of(key);
    } catch (GeneralSecurityException e) {
      throw new InvalidKeyFileException(file, " is not an RSA public key");
    }
  }

  /** The recipient with this key. */
  public static Recipient of(PublicKey key) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getEncoded());
      return new Recipient(HexFormat.of().formatHex(hash), key);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no SHA-256", e);
    }
  }

  /** The first characters of the fingerprint, for messages. */
  public String shortName() {
    return shortName(fingerprint);
  }

  /** The first 16 characters of a fingerprint, for messages. */
  public static String shortName(String fingerprint) {
    return fingerprint.substring(0, Math.min(16, fingerprint.length()));
  }

  @Override
  public String toString() {
    return shortName();
  }
}
