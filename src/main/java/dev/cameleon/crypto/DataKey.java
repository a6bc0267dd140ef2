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
 * A stretch of time with one data key, which is only in memory and, sealed to every recipient,
 * beside what it sealed: in the database, or in each dead letter.
 */
public final class DataKey {
  private static final int KEY_BITS = 256;

  private final UUID id = UUID.randomUUID();
  private final SecretKey key;
  private final Map<String, byte[]> sealedKeys = new LinkedHashMap<>();
  private final long endNanos;

  /** The most values under one key with random nonces of 96 bits: SP 800-38D §8.3. */
  private static final long MOST_SEALED = 1L << 32;

  private final SecureRandom random = new SecureRandom();
  private final AtomicLong sealed = new AtomicLong();
  private final long most;

  public DataKey(List<Recipient> recipients, long endNanos) {
    this(recipients, endNanos, MOST_SEALED);
  }

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

  public UUID id() {
    return id;
  }

  /** Its data key, by recipient, sealed. */
  public Map<String, byte[]> sealedKeys() {
    return sealedKeys;
  }

  public boolean isOver(long nowNanos) {
    // Half: batches that have the key already may still fill.
    return nowNanos - endNanos >= 0 || sealed.get() >= most / 2;
  }

  public byte[] seal(Cipher cipher, UUID entry, byte[] value) {
    return Envelope.seal(cipher, key, nonce(), entry, value);
  }

  byte[] sealBody(Cipher cipher, UUID entry, byte[] body) {
    return Envelope.sealBody(cipher, key, nonce(), entry, body);
  }

  /** Random: counted up, they would tell in which order values came, and where one is missing. */
  private byte[] nonce() {
    if (sealed.incrementAndGet() > most) {
      throw new IllegalStateException("the data key has sealed its maximum number of values");
    }
    byte[] nonce = new byte[Envelope.NONCE_BYTES];
    random.nextBytes(nonce);
    return nonce;
  }
}
