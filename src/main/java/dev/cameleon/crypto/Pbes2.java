package dev.cameleon.crypto;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.spec.InvalidParameterSpecException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.PBEParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A private key that is encrypted with PBES2 (RFC 8018 §6.2), with PBKDF2 using HMAC with SHA-1 or
 * SHA-2, and AES in CBC mode: the output of {@code openssl pkcs8 -topk8}.
 *
 * <p>Java's own algorithms of these names take only ASCII passphrases, so this class combines the
 * primitives.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Pbes2(String prf, int keyBits, PBEParameterSpec parameters, byte[] encrypted) {
  /** Java's name of such parameters, for example {@code PBEWithHmacSHA256AndAES_256}. */
  private static final Pattern NAME = Pattern.compile("PBEWith(Hmac[A-Za-z0-9/]+)AndAES_(\\d+)");

  /** Parses an EncryptedPrivateKeyInfo (RFC 5958 §3); empty if it is encrypted in another way. */
  static Optional<Pbes2> parse(byte[] der) {
    try {
      EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
      Matcher name = NAME.matcher(String.valueOf(info.getAlgParameters()));
      return name.matches()
          ? Optional.of(
              new Pbes2(
                  name.group(1),
                  Integer.parseInt(name.group(2)),
                  info.getAlgParameters().getParameterSpec(PBEParameterSpec.class),
                  info.getEncryptedData()))
          : Optional.empty();
    } catch (IOException | InvalidParameterSpecException e) {
      return Optional.empty();
    }
  }

  /**
   * Decrypts the key to PKCS #8.
   *
   * @param passphrase taken as UTF-8, as a terminal passes it to openssl
   * @throws GeneralSecurityException if the passphrase is wrong; one of 256 wrong passphrases goes
   *     unnoticed and yields bytes that are not a key
   */
  byte[] decrypt(char[] passphrase) throws GeneralSecurityException {
    SecretKey key =
        SecretKeyFactory.getInstance("PBKDF2With" + prf)
            .generateSecret(
                new PBEKeySpec(
                    passphrase, parameters.getSalt(), parameters.getIterationCount(), keyBits));
    Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
    cipher.init(
        Cipher.DECRYPT_MODE,
        new SecretKeySpec(key.getEncoded(), "AES"),
        parameters.getParameterSpec());
    return cipher.doFinal(encrypted);
  }

  /** Leaves out the ciphertext. */
  @Override
  public String toString() {
    return "Pbes2[" + prf + ", AES-" + keyBits + "]";
  }
}
