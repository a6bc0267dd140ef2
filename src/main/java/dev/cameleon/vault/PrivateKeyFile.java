package dev.cameleon.vault;

import dev.cameleon.contract.Shown;
import dev.cameleon.mask.SecretFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** A recipient's private key: opens what was sealed to its public half. */
public final class PrivateKeyFile {
  private static final int MOST_DATA_KEYS = 100;
  private static final int DATA_KEY_BYTES = 32;

  private final RSAPrivateCrtKey key;
  private final String fingerprint;

  /** The data keys of the last epochs: RSA takes milliseconds, and an epoch seals thousands. */
  private final Map<ByteBuffer, SecretKey> opened =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, SecretKey> eldest) {
          return size() > MOST_DATA_KEYS;
        }
      };

  private PrivateKeyFile(RSAPrivateCrtKey key) throws GeneralSecurityException {
    this.key = key;
    this.fingerprint =
        Recipient.of(
                KeyFactory.getInstance("RSA")
                    .generatePublic(
                        new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent())))
            .fingerprint();
  }

  /**
   * Reads one: PKCS #8 (RFC 5958), unencrypted, in PEM.
   *
   * @throws InvalidKeyFileException if it is missing, readable by every user of the machine, or not
   *     such a key
   */
  public static PrivateKeyFile read(Path file) throws InvalidKeyFileException {
    try {
      if (!Files.exists(file)) {
        throw new InvalidKeyFileException("no private key at " + Shown.path(file));
      }
      String open = SecretFile.openToOthers(file);
      if (!open.isEmpty()) {
        throw new InvalidKeyFileException("the private key " + open);
      }
    } catch (IOException e) {
      throw new InvalidKeyFileException(
          Shown.path(file) + " cannot be read (" + e.getClass().getSimpleName() + ")");
    }
    Pem pem = Pem.read(file);
    switch (pem.label()) {
      case "PRIVATE KEY" -> {}
      case "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY" ->
          throw new InvalidKeyFileException(
              Shown.path(file)
                  + " must be a plain PKCS #8 key; write one with: openssl pkey -in FILE -out NEW");
      default ->
          throw new InvalidKeyFileException(
              pem.label().endsWith("PRIVATE KEY")
                  ? Shown.path(file) + " is not an RSA private key"
                  : Shown.path(file) + " is no private key but a " + pem.label());
    }
    try {
      return new PrivateKeyFile(
          (RSAPrivateCrtKey)
              KeyFactory.getInstance("RSA")
                  .generatePrivate(new PKCS8EncodedKeySpec(pem.content())));
    } catch (GeneralSecurityException | ClassCastException e) {
      throw new InvalidKeyFileException(Shown.path(file) + " is not an RSA private key");
    }
  }

  /** SHA-256 of its public half: which recipient this is. */
  public String fingerprint() {
    return fingerprint;
  }

  /**
   * Opens a sealed value.
   *
   * @param sealedKey the epoch's data key, sealed to this recipient
   * @param entry the entry's id
   * @param sealed the value
   * @return the value: personal
   * @throws GeneralSecurityException if the key is another's, or something was changed
   */
  public byte[] open(byte[] sealedKey, UUID entry, byte[] sealed) throws GeneralSecurityException {
    return Envelope.open(dataKey(sealedKey), entry, sealed);
  }

  /** The same for a message's body. */
  byte[] openBody(byte[] sealedKey, UUID entry, byte[] sealed) throws GeneralSecurityException {
    return Envelope.openBody(dataKey(sealedKey), entry, sealed);
  }

  private synchronized SecretKey dataKey(byte[] sealedKey) throws GeneralSecurityException {
    SecretKey known = opened.get(ByteBuffer.wrap(sealedKey));
    if (known != null) {
      return known;
    }
    byte[] bytes = Envelope.unwrap(key, sealedKey);
    if (bytes.length != DATA_KEY_BYTES) { // anybody can seal anything to a public key
      throw new GeneralSecurityException("not a data key");
    }
    SecretKey dataKey = new SecretKeySpec(bytes, "AES");
    opened.put(ByteBuffer.wrap(sealedKey.clone()), dataKey);
    return dataKey;
  }

  /** Redacted. */
  @Override
  public String toString() {
    return "PrivateKeyFile[" + fingerprint.substring(0, 16) + "]";
  }
}
