package dev.cameleon.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.support.Recipients;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which files a folder of recipients may hold, and what is said of the others. */
class RecipientTest {
  @TempDir private Path folder;
  private Path recipients;

  @BeforeEach
  void makeTheFolder() throws IOException {
    recipients = Files.createDirectory(folder.resolve("recipients"));
  }

  @Test
  void onePersonsKeyIsOneRecipientHoweverOftenAndWithWhateverLineEndsItIsThere() throws Exception {
    RecipientKey anna = PrivateKeyFile.read(Recipients.add(folder, "anna"));
    String pem = Files.readString(recipients.resolve("anna.pem"));
    put("copy.pem", "Anna's key:\r\n" + pem.replace("\n", "\r\n"));
    put("notes.txt", "not a key, and not asked to be one");

    assertThat(Recipient.read(recipients))
        .extracting(Recipient::fingerprint)
        .containsExactly(anna.fingerprint());
  }

  @Test
  void anEmptyFolderIsNoVaultByMistake() {
    assertRefused("no public key (*.pem) in", "unset it to run without a vault");
  }

  @Test
  void aFolderThatIsNotThereIsRefused() {
    assertThatThrownBy(() -> Recipient.read(folder.resolve("none")))
        .isInstanceOf(InvalidKeyFileException.class)
        .hasMessageContaining("none is not a folder that can be read");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"})
  void aPrivateKeyIsSentAway(String label) throws Exception {
    put("anna.pem", Recipients.pem(label, rsa(3072).getPrivate().getEncoded()));

    assertRefused(
        "anna.pem is a private key, which must not be on this machine",
        "openssl pkey -in FILE -pubout");
  }

  @Test
  void aPrivateKeyBehindAPublicOneIsNoticed() throws Exception {
    KeyPair pair = rsa(3072);
    put(
        "anna.pem",
        Recipients.pem("PUBLIC KEY", pair.getPublic().getEncoded())
            + Recipients.pem("PRIVATE KEY", pair.getPrivate().getEncoded()));

    assertRefused("anna.pem holds more than one key or certificate");
  }

  @Test
  void aShortKeyIsRefused() throws Exception {
    put("old.pem", Recipients.pem("PUBLIC KEY", rsa(2048).getPublic().getEncoded()));

    assertRefused("old.pem is an RSA key of less than 3072 bits");
  }

  @Test
  void aKeyOfAnEllipticCurveIsRefused() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    put(
        "ec.pem",
        Recipients.pem("PUBLIC KEY", generator.generateKeyPair().getPublic().getEncoded()));

    assertRefused("ec.pem is not an RSA public key");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hunter2|x.pem is not a PEM file",
        "''|x.pem is not a PEM file",
        "-----BEGIN PUBLIC KEY-----hunter2|x.pem is not a PEM file",
        "-----BEGIN PUBLIC KEY-----hunter2-----END PRIVATE KEY-----|x.pem is not a PEM file",
        "-----BEGIN PUBLIC KEY-----h?nter2-----END PUBLIC KEY-----|x.pem is not a PEM file",
        "-----BEGIN PUBLIC KEY-----hunt-----END PUBLIC KEY-----|x.pem is not an RSA public key",
        "-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----|x.pem is not an RSA public key",
        "-----BEGIN PUBLIC KEY-----hunte-----END PUBLIC KEY-----|x.pem is not a PEM file",
        "-----BEGIN CERTIFICATE-----hunt-----END CERTIFICATE-----|no PUBLIC KEY but a CERTIFICATE"
      })
  void garbageIsRefusedWithoutQuotingIt(String text, String said) throws Exception {
    put("x.pem", text);

    assertRefused(said);
  }

  @Test
  void whatIsNotTextIsRefused() throws Exception {
    Files.write(recipients.resolve("key.pem"), rsa(3072).getPublic().getEncoded());

    assertRefused("key.pem is not a PEM file");
  }

  private void put(String name, String text) throws IOException {
    Files.writeString(recipients.resolve(name), text, StandardCharsets.UTF_8);
  }

  private void assertRefused(String... said) {
    assertThatThrownBy(() -> Recipient.read(recipients))
        .isInstanceOf(InvalidKeyFileException.class)
        .hasMessageContainingAll(said)
        .hasMessageNotContaining("hunt")
        .hasNoCause();
  }

  private static KeyPair rsa(int bits) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(bits);
    return generator.generateKeyPair();
  }
}
