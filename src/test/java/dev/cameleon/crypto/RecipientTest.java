package dev.cameleon.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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

/** The files that a folder of recipients may hold, and the messages about others. */
class RecipientTest {
  @TempDir private Path folder;
  private Path recipients;

  @BeforeEach
  void makeTheFolder() throws IOException {
    recipients = Files.createDirectory(folder.resolve("recipients"));
  }

  @Test
  void copiesOfAKeyWithAnyLineEndsAreOneRecipient() throws Exception {
    RecipientKey anna = PrivateKeyFile.read(Recipients.add(folder, "anna"));
    String pem = Files.readString(recipients.resolve("anna.pem"));
    put("copy.pem", "Anna's key:\r\n" + pem.replace("\n", "\r\n"));
    put("notes.txt", "not a key, and not asked to be one");

    assertThat(Recipient.read(recipients))
        .extracting(Recipient::fingerprint)
        .containsExactly(anna.fingerprint());
  }

  @Test
  void anEmptyFolderIsRefusedAndDoesNotMeanNoVault() {
    assertRefused("no public key (*.pem) in", "unset it to run without a vault");
  }

  @Test
  void aFolderThatIsNotThereIsRefused() {
    assertThatThrownBy(() -> Recipient.read(folder.resolve("none")))
        .isInstanceOf(InvalidKeyFileException.class)
        .hasMessageContaining("none is not a readable folder");
  }

  @Test
  void aFolderThatEverybodyMayWriteIsRefused() throws Exception {
    Recipients.add(folder, "anna");
    mode(recipients, 0777);

    assertRefused("recipients can be changed by every user", "chmod o-w");
    mode(recipients, 0775);
    assertThat(Recipient.read(recipients)).hasSize(1);
  }

  @Test
  void aKeyThatEverybodyMayWriteIsRefused() throws Exception {
    Recipients.add(folder, "anna");
    mode(recipients.resolve("anna.pem"), 0666);

    assertRefused("anna.pem can be changed by every user", "chmod o-w");
    mode(recipients.resolve("anna.pem"), 0664);
    assertThat(Recipient.read(recipients)).hasSize(1);
  }

  @Test
  void linkTargetsAndParentFoldersAreCheckedToo() throws Exception {
    Recipients.add(folder, "anna");
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Path real = Files.move(recipients.resolve("anna.pem"), elsewhere.resolve("key"));
    Files.createSymbolicLink(recipients.resolve("anna.pem"), real);
    assertThat(Recipient.read(recipients)).hasSize(1);

    mode(real, 0666);
    assertRefused("key can be changed by every user");
    mode(real, 0644);
    mode(elsewhere, 0777);
    assertRefused("elsewhere can be changed by every user");
    mode(elsewhere, 0755);
    mode(folder, 0777);
    assertRefused("can be changed by every user");
  }

  /** The layout of kubelet's atomic writer; the links' own mode is 0777 on Linux. */
  @Test
  void aKubernetesMountIsAccepted() throws Exception {
    Recipients.add(folder, "anna");
    Path version = Files.createDirectory(recipients.resolve("..2026_11_25_10_00_00.123"));
    Files.move(recipients.resolve("anna.pem"), version.resolve("anna.pem"));
    Files.createSymbolicLink(recipients.resolve("..data"), version.getFileName());
    Files.createSymbolicLink(recipients.resolve("anna.pem"), Path.of("..data/anna.pem"));
    mode(recipients, 01777);

    assertThat(Recipient.read(recipients)).hasSize(1);
  }

  @Test
  void aFileOfAnotherUserInAWorldWritableFolderIsRefused() throws Exception {
    Recipients.add(folder, "anna");
    mode(recipients, 01777);
    Path file = recipients.resolve("anna.pem");
    assumeTrue(Files.isWritable(Path.of("/etc/shadow")), "only root may give files away");
    Files.setOwner(
        file, file.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));

    assertRefused("anna.pem does not belong to the folder's owner");
    mode(recipients, 0755);
    assertThat(Recipient.read(recipients)).hasSize(1);
  }

  private static void mode(Path path, int mode) throws IOException {
    Files.setAttribute(path, "unix:mode", mode);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"})
  void aPrivateKeyIsSentAway(String label) throws Exception {
    put("anna.pem", Recipients.pem(label, Recipients.pair("anna").getPrivate().getEncoded()));

    assertRefused(
        "anna.pem is a private key, which must not be on this machine",
        "openssl pkey -in FILE -pubout");
  }

  @Test
  void aPrivateKeyBehindAPublicOneIsNoticed() throws Exception {
    KeyPair pair = Recipients.pair("anna");
    put(
        "anna.pem",
        Recipients.pem("PUBLIC KEY", pair.getPublic().getEncoded())
            + Recipients.pem("PRIVATE KEY", pair.getPrivate().getEncoded()));

    assertRefused("anna.pem holds more than one key or certificate");
  }

  @Test
  void aShortKeyIsRefused() throws Exception {
    put("old.pem", Recipients.pem("PUBLIC KEY", Recipients.rsa(2048).getPublic().getEncoded()));

    assertRefused("old.pem is an RSA key of fewer than 3072 bits");
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
        "-----BEGIN CERTIFICATE-----hunt-----END CERTIFICATE-----|must hold a PUBLIC KEY, not a CERTIFICATE"
      })
  void garbageIsRefusedWithoutQuotingIt(String text, String said) throws Exception {
    put("x.pem", text);

    assertRefused(said);
  }

  @Test
  void aFileThatIsNotTextIsRefused() throws Exception {
    Files.write(recipients.resolve("key.pem"), Recipients.pair("anna").getPublic().getEncoded());

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
}
