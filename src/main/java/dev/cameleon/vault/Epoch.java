package dev.cameleon.vault;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
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
final class Epoch {
  private static final int KEY_BITS = 256;

  private final UUID id = UUID.randomUUID();
  private final SecretKey key;
  private final Map<String, byte[]> sealedKeys = new LinkedHashMap<>();
  private final long endNanos;

  /** The key is this epoch's alone, so counting keeps nonces apart (SP 800-38D §8.2.1). */
  private final AtomicLong sealed = new AtomicLong();

  Epoch(List<Recipient> recipients, long endNanos) {
    this.endNanos = endNanos;
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

  UUID id() {
    return id;
  }

  /** Its data key, by recipient, sealed. */
  Map<String, byte[]> sealedKeys() {
    return sealedKeys;
  }

  boolean isOver(long nowNanos) {
    return nowNanos - endNanos >= 0;
  }

  byte[] seal(Cipher cipher, UUID entry, byte[] value) {
    return Envelope.seal(cipher, key, nonce(), entry, value);
  }

  byte[] sealBody(Cipher cipher, UUID entry, byte[] body) {
    return Envelope.sealBody(cipher, key, nonce(), entry, body);
  }

  private byte[] nonce() {
    return ByteBuffer.allocate(Envelope.NONCE_BYTES)
        .putInt(0)
        .putLong(sealed.incrementAndGet())
        .array();
  }
}
