package dev.cameleon.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.support.Recipients;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.Key;
import java.security.KeyPairGenerator;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which private keys are read, and what is said of the others. */
class PrivateKeyFileTest {
  @TempDir private Path folder;

  @Test
  void aPrivateKeyHasItsPublicHalfsFingerprintAndShowsNothingElse() throws Exception {
    Path file = Recipients.add(folder, "anna");

    PrivateKeyFile key = PrivateKeyFile.read(file);

    assertThat(key.fingerprint())
        .isEqualTo(Recipient.read(folder.resolve("recipients")).get(0).fingerprint());
    assertThat(key).hasToString("PrivateKeyFile[" + key.fingerprint().substring(0, 16) + "]");
    assertThat(Pem.read(file)).hasToString("Pem[PRIVATE KEY]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r--r--", "rw-----w-"})
  void aPrivateKeyThatIsOpenToAllUsersIsRefused(String permissions) throws Exception {
    Path file = Recipients.add(folder, "anna");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));

    assertRefused(
        file, "anna.key is open to every user of this machine (" + permissions, "chmod 600");
  }

  @Test
  void aMissingPrivateKeyIsSaid() {
    assertRefused(folder.resolve("none.key"), "no private key at", "none.key");
  }

  @Test
  void aPublicKeyIsNoPrivateOne() throws Exception {
    Recipients.add(folder, "anna");
    Path file = folder.resolve("recipients/anna.pem");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));

    assertRefused(file, "anna.pem is no private key but a PUBLIC KEY");
  }

  @Test
  void aKeyOfTheOldFormatIsRefusedWithTheWayOut() throws Exception {
    byte[] pkcs8 = rsa().getEncoded();
    // PKCS #8 is PKCS #1 behind 26 bytes that say RSA.
    byte[] pkcs1 = Arrays.copyOfRange(pkcs8, 26, pkcs8.length);

    assertRefused(put(Recipients.pem("RSA PRIVATE KEY", pkcs1)), "openssl pkey -in FILE -out NEW");
  }

  @Test
  void anEncryptedKeyIsRefusedWithTheWayOut() throws Exception {
    String algorithm = "PBEWithSHA1AndDESede";
    Cipher cipher = Cipher.getInstance(algorithm);
    cipher.init(
        Cipher.ENCRYPT_MODE,
        SecretKeyFactory.getInstance(algorithm)
            .generateSecret(new PBEKeySpec("passphrase".toCharArray())));
    byte[] encrypted =
        new EncryptedPrivateKeyInfo(cipher.getParameters(), cipher.doFinal(rsa().getEncoded()))
            .getEncoded();

    assertRefused(
        put(Recipients.pem("ENCRYPTED PRIVATE KEY", encrypted)), "openssl pkey -in FILE -out NEW");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PRIVATE KEY", "EC PRIVATE KEY"})
  void aKeyOfAnEllipticCurveIsRefused(String label) throws Exception {
    Key ec = KeyPairGenerator.getInstance("EC").generateKeyPair().getPrivate();

    assertRefused(put(Recipients.pem(label, ec.getEncoded())), "is not an RSA private key");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hunter2|is not a PEM file",
        "-----BEGIN PRIVATE KEY-----hunt-----END PRIVATE KEY-----|is not an RSA private key",
        "-----BEGIN PRIVATE KEY-----hunt|is not a PEM file"
      })
  void garbageIsRefusedWithoutQuotingIt(String text, String said) throws Exception {
    assertRefused(put(text), said);
  }

  private Path put(String text) throws IOException {
    Path file = folder.resolve("x.key");
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }

  private static void assertRefused(Path file, String... said) {
    assertThatThrownBy(() -> PrivateKeyFile.read(file))
        .isInstanceOf(InvalidKeyFileException.class)
        .hasMessageContainingAll(said)
        .hasMessageNotContaining("hunt")
        .hasNoCause();
  }

  private static Key rsa() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    return generator.generateKeyPair().getPrivate();
  }
}
