package dev.cameleon.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Key pairs of people who may read the vault, in files as openssl writes them. */
public final class Recipients {
  private static final int BITS = 3072;

  /** Generating a pair takes a second, so the JVMs of the tests share them. */
  private static final Path STORE = Path.of("target", "test-keys").toAbsolutePath();

  private static final Map<String, KeyPair> PAIRS = new ConcurrentHashMap<>();

  private Recipients() {}

  /**
   * Writes a person's key pair: the public key in {@code folder/recipients/NAME.pem}, the private
   * one in {@code folder/NAME.key}.
   *
   * @return the private key's file
   */
  public static Path add(Path folder, String name) {
    try {
      KeyPair pair = pair(name);
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

  /** A person's key pair, the same in all tests. */
  public static KeyPair pair(String name) {
    return PAIRS.computeIfAbsent(name, Recipients::stored);
  }

  private static KeyPair stored(String name) {
    Path file = STORE.resolve(name);
    try {
      if (!Files.exists(file)) {
        Files.createDirectories(STORE);
        Path made = Files.createTempFile(STORE, name, ".new");
        Files.write(made, rsa(BITS).getPrivate().getEncoded());
        Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
      }
      KeyFactory factory = KeyFactory.getInstance("RSA");
      RSAPrivateCrtKey key =
          (RSAPrivateCrtKey)
              factory.generatePrivate(new PKCS8EncodedKeySpec(Files.readAllBytes(file)));
      return new KeyPair(
          factory.generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent())),
          key);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
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
