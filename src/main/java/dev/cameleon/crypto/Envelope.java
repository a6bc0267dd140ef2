package dev.cameleon.crypto;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.util.Arrays;
import java.util.UUID;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;

/**
 * The vault's cryptography: a value is encrypted with a data key by AES-256-GCM (NIST SP 800-38D),
 * and the data key with a public key by RSAES-OAEP (RFC 8017 §7.1).
 *
 * <p>A sealed value is nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes), with the 16 bytes of the
 * entry's id as associated data: an entry's value cannot be passed off as that of another. The
 * plaintext is the value, the byte 0x80 and zeros up to 64, 256, 1024, … bytes (ISO/IEC 7816-4
 * padding), so that addresses and device ids all have one length.
 */
public final class Envelope {
  /** The length of a nonce, in bytes: 96 bits. */
  public static final int NONCE_BYTES = 12;

  private static final int TAG_BITS = 128;
  private static final int SMALLEST_BYTES = 64;
  private static final int GROWTH = 4;
  private static final byte END = (byte) 0x80;

  /** Java's default for OAEP with SHA-256 uses SHA-1 in MGF1; this uses SHA-256 in both. */
  private static final OAEPParameterSpec OAEP =
      new OAEPParameterSpec(
          "SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT);

  private Envelope() {}

  /** Creates a cipher for {@link #seal}; not to be shared between threads. */
  public static Cipher gcm() {
    try {
      return Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no AES-GCM", e);
    }
  }

  /**
   * Seals a value.
   *
   * @param nonce 12 bytes that were never used with this key
   */
  static byte[] seal(Cipher cipher, SecretKey key, byte[] nonce, UUID entry, byte[] value) {
    return encrypt(cipher, key, nonce, bytes(entry), pad(value));
  }

  /** Encrypts with AES-256-GCM; returns nonce, ciphertext and tag. */
  static byte[] encrypt(
      Cipher cipher, SecretKey key, byte[] nonce, byte[] associated, byte[] plain) {
    try {
      cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
      cipher.updateAAD(associated);
      byte[] sealed = Arrays.copyOf(nonce, NONCE_BYTES + cipher.getOutputSize(plain.length));
      cipher.doFinal(plain, 0, plain.length, sealed, NONCE_BYTES);
      return sealed;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java cannot encrypt with AES-GCM", e);
    }
  }

  /**
   * Opens a value sealed by {@link #seal}.
   *
   * @throws GeneralSecurityException if the key or the entry is wrong, or a bit has changed
   */
  static byte[] open(SecretKey key, UUID entry, byte[] sealed) throws GeneralSecurityException {
    return unpad(decrypt(key, bytes(entry), sealed));
  }

  /**
   * Decrypts the output of {@link #encrypt}.
   *
   * @throws GeneralSecurityException if the key or the associated data is wrong, or a bit has
   *     changed
   */
  static byte[] decrypt(SecretKey key, byte[] associated, byte[] sealed)
      throws GeneralSecurityException {
    if (sealed.length < NONCE_BYTES) {
      throw new GeneralSecurityException("too short");
    }
    Cipher cipher = gcm();
    cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, sealed, 0, NONCE_BYTES));
    cipher.updateAAD(associated);
    return cipher.doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
  }

  /** Seals a data key to a public key. */
  static byte[] wrap(PublicKey recipient, SecretKey key) {
    try {
      Cipher cipher = oaep();
      cipher.init(Cipher.ENCRYPT_MODE, recipient, OAEP);
      return cipher.doFinal(key.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java cannot encrypt with RSA-OAEP", e);
    }
  }

  /**
   * Opens a data key sealed by {@link #wrap}.
   *
   * @return the data key's bytes
   * @throws GeneralSecurityException if it was sealed to another key, or a bit has changed
   */
  static byte[] unwrap(PrivateKey key, byte[] sealedKey) throws GeneralSecurityException {
    Cipher cipher = oaep();
    cipher.init(Cipher.DECRYPT_MODE, key, OAEP);
    return cipher.doFinal(sealedKey);
  }

  private static Cipher oaep() throws GeneralSecurityException {
    return Cipher.getInstance("RSA/ECB/OAEPPadding");
  }

  private static byte[] bytes(UUID entry) {
    return ByteBuffer.allocate(16)
        .putLong(entry.getMostSignificantBits())
        .putLong(entry.getLeastSignificantBits())
        .array();
  }

  static byte[] pad(byte[] value) {
    long length = SMALLEST_BYTES;
    while (length <= value.length) {
      length *= GROWTH;
    }
    byte[] padded = Arrays.copyOf(value, Math.toIntExact(length));
    padded[value.length] = END;
    return padded;
  }

  static byte[] unpad(byte[] padded) throws GeneralSecurityException {
    int end = padded.length - 1;
    while (end >= 0 && padded[end] == 0) {
      end--;
    }
    if (end < 0 || padded[end] != END) {
      throw new GeneralSecurityException("invalid padding");
    }
    return Arrays.copyOf(padded, end);
  }
}
