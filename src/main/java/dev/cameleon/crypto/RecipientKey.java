package dev.cameleon.crypto;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * Opens sealed values for one recipient, with a private key in memory or in a key service that
 * opens only data keys. Thread-safe.
 */
public final class RecipientKey {
  /** Opens the data keys that are sealed to a recipient. */
  @FunctionalInterface
  public interface Unsealing {
    /**
     * Opens a data key by RSAES-OAEP (RFC 8017 §7.1) with SHA-256, MGF1 with SHA-256, and no label.
     *
     * @return the data key's bytes
     * @throws GeneralSecurityException if it was sealed to another key, or a bit has changed
     * @throws KeyUnavailableException if the private key cannot be used now
     */
    byte[] open(byte[] sealedKey) throws GeneralSecurityException;
  }

  private static final int MOST_DATA_KEYS = 100;
  private static final int DATA_KEY_BYTES = 32;

  private final Recipient recipient;
  private final Unsealing unsealing;

  /**
   * Caches recently opened data keys: RSA takes milliseconds, and one data key seals thousands of
   * values.
   */
  private final Map<ByteBuffer, SecretKey> opened =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, SecretKey> eldest) {
          return size() > MOST_DATA_KEYS;
        }
      };

  /**
   * Creates a key with an empty cache.
   *
   * @param publicKey its public half, which identifies the recipient
   * @param unsealing uses its private half
   */
  public RecipientKey(PublicKey publicKey, Unsealing unsealing) {
    this.recipient = Recipient.of(publicKey);
    this.unsealing = unsealing;
  }

  /** SHA-256 of its public half, which identifies the recipient. */
  public String fingerprint() {
    return recipient.fingerprint();
  }

  /**
   * Opens a sealed value.
   *
   * @param sealedKey the value's data key, sealed to this recipient
   * @param entry the entry's id
   * @param sealed the value
   * @return the value: personal
   * @throws GeneralSecurityException if it was sealed to another key, or something was changed
   * @throws KeyUnavailableException if the private key cannot be used now
   */
  public byte[] open(byte[] sealedKey, UUID entry, byte[] sealed) throws GeneralSecurityException {
    return Envelope.open(dataKey(sealedKey), entry, sealed);
  }

  /** Decrypts the output of {@link DataKey#encrypt}, whose data key is sealed to this recipient. */
  byte[] decrypt(byte[] sealedKey, byte[] associated, byte[] sealed)
      throws GeneralSecurityException {
    return Envelope.decrypt(dataKey(sealedKey), associated, sealed);
  }

  private synchronized SecretKey dataKey(byte[] sealedKey) throws GeneralSecurityException {
    SecretKey known = opened.get(ByteBuffer.wrap(sealedKey));
    if (known != null) {
      return known;
    }
    byte[] bytes = unsealing.open(sealedKey);
    if (bytes.length != DATA_KEY_BYTES) { // anybody can seal anything to a public key
      throw new GeneralSecurityException("not a data key");
    }
    SecretKey dataKey = new SecretKeySpec(bytes, "AES");
    opened.put(ByteBuffer.wrap(sealedKey.clone()), dataKey);
    return dataKey;
  }

  /** Leaves out the key. */
  @Override
  public String toString() {
    return "RecipientKey[" + recipient + "]";
  }
}
