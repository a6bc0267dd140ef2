package dev.cameleon.crypto;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;

/**
 * One AES-256 key that seals values for a limited time. It exists only in memory and, sealed to
 * every recipient, beside the values that it sealed: in the database, or in each dead letter.
 */
public final class DataKey {
  private static final int KEY_BITS = 256;

  private final UUID id = UUID.randomUUID();
  private final SecretKey key;
  private final Map<String, byte[]> sealedKeys = new LinkedHashMap<>();
  private final long endNanos;

  /** The most values that one key may seal with random nonces of 96 bits: SP 800-38D §8.3. */
  private static final long MOST_SEALED = 1L << 32;

  private final SecureRandom random = new SecureRandom();
  private final AtomicLong sealed = new AtomicLong();
  private final long most;

  /**
   * Generates a key and seals it to the recipients.
   *
   * @param endNanos when its time is over, by {@link System#nanoTime}
   */
  public DataKey(List<Recipient> recipients, long endNanos) {
    this(recipients, endNanos, MOST_SEALED);
  }

  /**
   * Generates a key and seals it to the recipients.
   *
   * @param endNanos when its time is over, by {@link System#nanoTime}
   * @param most how many values it may seal; it is over after half of them
   */
  public DataKey(List<Recipient> recipients, long endNanos, long most) {
    this.endNanos = endNanos;
    this.most = most;
    try {
      KeyGenerator generator = KeyGenerator.getInstance("AES");
      generator.init(KEY_BITS);
      this.key = generator.generateKey();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no AES", e);
    }
    for (Recipient recipient : recipients) {
      sealedKeys.put(recipient.fingerprint(), Envelope.wrap(recipient.key(), key));
    }
  }

  /** The key's id in the database; random. */
  public UUID id() {
    return id;
  }

  /** The key, sealed to each recipient; the map's keys are fingerprints. */
  public Map<String, byte[]> sealedKeys() {
    return sealedKeys;
  }

  /**
   * Whether the caller should use a new key: the time is over, or half of the allowed values are
   * sealed.
   */
  public boolean isOver(long nowNanos) {
    // Half, because batches that already use the key may still grow.
    return nowNanos - endNanos >= 0 || sealed.get() >= most / 2;
  }

  /**
   * Seals a value with a random nonce.
   *
   * @param cipher from {@link Envelope#gcm}
   * @param entry the entry's id, which becomes associated data
   * @throws IllegalStateException if the key has sealed as many values as it may
   */
  public byte[] seal(Cipher cipher, UUID entry, byte[] value) {
    return Envelope.seal(cipher, key, nonce(), entry, value);
  }

  /** Encrypts a message's body with a random nonce; returns nonce, ciphertext and tag. */
  byte[] encrypt(byte[] associated, byte[] plain) {
    return Envelope.encrypt(Envelope.gcm(), key, nonce(), associated, plain);
  }

  /** Random, because a counter would reveal the order of values and where one is missing. */
  private byte[] nonce() {
    if (sealed.incrementAndGet() > most) {
      throw new IllegalStateException("the data key has sealed its maximum number of values");
    }
    byte[] nonce = new byte[Envelope.NONCE_BYTES];
    random.nextBytes(nonce);
    return nonce;
  }
}
