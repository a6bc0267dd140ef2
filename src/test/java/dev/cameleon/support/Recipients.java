package dev.cameleon.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Key pairs of people who may read the vault, as the files that openssl would write. */
public final class Recipients {
  /** A person has one pair in all tests: to make one takes seconds. */
  private static final Map<String, KeyPair> PAIRS = new ConcurrentHashMap<>();

  private Recipients() {}

  /**
   * Writes a person's: the public key in {@code folder/recipients/NAME.pem}, the private one in
   * {@code folder/NAME.key}.
   *
   * @return the private key's file
   */
  public static Path add(Path folder, String name) {
    try {
      KeyPair pair = PAIRS.computeIfAbsent(name, each -> rsa(3072));
      Files.createDirectories(folder.resolve("recipients"));
      Files.writeString(
          folder.resolve("recipients").resolve(name + ".pem"),
          pem("PUBLIC KEY", pair.getPublic().getEncoded()));
      Path secret = folder.resolve(name + ".key");
      Files.writeString(secret, pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
      Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
      return secret;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A new key pair. */
  public static KeyPair rsa(int bits) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(bits);
      return generator.generateKeyPair();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A PEM file's text. */
  public static String pem(String label, byte[] content) {
    return "-----BEGIN "
        + label
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
        + "\n-----END "
        + label
        + "-----\n";
  }
}
