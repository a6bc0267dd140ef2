package dev.cameleon.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.support.Recipients;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.Key;
import java.security.KeyPairGenerator;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The accepted private keys, and the messages about others. */
class PrivateKeyFileTest {
  @TempDir private Path folder;

  @Test
  void aPrivateKeyHasItsPublicHalfsFingerprintAndShowsNothingElse() throws Exception {
    Path file = Recipients.add(folder, "anna");

    RecipientKey key = PrivateKeyFile.read(file);

    assertThat(key.fingerprint())
        .isEqualTo(Recipient.read(folder.resolve("recipients")).get(0).fingerprint());
    assertThat(key).hasToString("RecipientKey[" + key.fingerprint().substring(0, 16) + "]");
    assertThat(PemFile.read(file)).hasToString("Pem[PRIVATE KEY]");
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
  void aMissingPrivateKeyIsReported() {
    assertRefused(folder.resolve("none.key"), "no private key at", "none.key");
  }

  @Test
  void aPublicKeyIsRefusedAsAPrivateKey() throws Exception {
    Recipients.add(folder, "anna");
    Path file = folder.resolve("recipients/anna.pem");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));

    assertRefused(file, "anna.pem is not a private key but a PUBLIC KEY");
  }

  @Test
  void aKeyOfTheOldFormatIsRefusedWithTheRemedy() throws Exception {
    byte[] pkcs8 = Recipients.rsa(2048).getPrivate().getEncoded();
    // PKCS #8 is PKCS #1 behind 26 bytes that say RSA.
    byte[] pkcs1 = Arrays.copyOfRange(pkcs8, 26, pkcs8.length);

    assertRefused(put(Recipients.pem("RSA PRIVATE KEY", pkcs1)), "openssl pkey -in FILE -out NEW");
  }

  /** The key of the RSA-OAEP vectors, encrypted by openssl; the passphrase is {@code grün 1}. */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvFileSource(resources = "/vectors/encrypted_keys.csv", useHeadersInDisplayName = true)
  void aKeyThatOpensslEncryptedIsOpenedWithItsPassphraseAlone(
      String command, String result, String der) throws Exception {
    String plain = PrivateKeyFile.read(put(vectorsKey())).fingerprint();
    Path file = put(Recipients.pem("ENCRYPTED PRIVATE KEY", HexFormat.of().parseHex(der)));

    if (result.equals("valid")) {
      char[] passphrase = "grün 1".toCharArray();
      RecipientKey key = PrivateKeyFile.read(file, () -> passphrase);

      assertThat(key.fingerprint()).isEqualTo(plain);
      assertThat(passphrase).containsOnly('\0');
      for (String wrong : List.of("grün", "grun 1", "grün 1 ", "another")) {
        assertThatThrownBy(() -> PrivateKeyFile.read(file, wrong::toCharArray))
            .isInstanceOf(InvalidKeyFileException.class)
            .hasMessageContaining("the passphrase is wrong")
            .hasMessageNotContaining("rün")
            .hasNoCause();
      }
    } else {
      assertThatThrownBy(() -> PrivateKeyFile.read(file, "grün 1"::toCharArray))
          .isInstanceOf(InvalidKeyFileException.class)
          .hasMessageContaining("openssl pkcs8 -topk8 -in FILE -out NEW");
    }
  }

  @Test
  void aPassphraseIsAskedForOnlyIfTheKeyIsEncrypted() throws Exception {
    Path plain = Recipients.add(folder, "anna");

    PrivateKeyFile.read(
        plain,
        () -> {
          throw new AssertionError("asked");
        });
  }

  private static String vectorsKey() throws Exception {
    try (InputStream hex =
        PrivateKeyFileTest.class.getResourceAsStream("/vectors/rsa_oaep_3072_sha256.key.hex")) {
      String text = new String(hex.readAllBytes(), StandardCharsets.US_ASCII).strip();
      return Recipients.pem("PRIVATE KEY", HexFormat.of().parseHex(text));
    }
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
}
