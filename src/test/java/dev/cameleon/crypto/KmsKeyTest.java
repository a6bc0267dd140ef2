package dev.cameleon.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.mask.Original;
import dev.cameleon.support.LocalKms;
import dev.cameleon.support.LocalSecrets;
import dev.cameleon.support.Recipients;
import dev.cameleon.vault.Vault;
import dev.cameleon.vault.VaultEntries;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A recipient's key that stays in KMS, against a stub of its HTTP interface. */
class KmsKeyTest {
  @TempDir private Path folder;
  private final LocalKms kms = LocalKms.start();
  private Path file;
  private String arn;

  @BeforeEach
  void pointTheSdkToIt() throws Exception {
    try (LocalSecrets credentials = LocalSecrets.start()) {
      credentials.properties().forEach(System::setProperty);
    }
    System.setProperty(LocalKms.ENDPOINT, kms.endpoint());
    file = Recipients.add(folder, "anna");
    arn = kms.with(file);
  }

  @AfterEach
  void stop() {
    System.clearProperty(LocalSecrets.ENDPOINT);
    System.clearProperty(LocalKms.ENDPOINT);
    kms.close();
  }

  @Test
  void itIsTheRecipientOfItsPublicHalfAndOpensValuesWithOneCallPerDataKey() throws Exception {
    JsonNode sealed = seal("203.0.113.77", "198.51.100.1");
    RecipientKey key = KmsKey.find(arn);

    assertThat(key.fingerprint()).isEqualTo(PrivateKeyFile.read(file).fingerprint());
    assertThat(open(key, sealed, 0)).isEqualTo("203.0.113.77");
    assertThat(open(key, sealed, 1)).isEqualTo("198.51.100.1");
    assertThat(kms.decrypts()).isEqualTo(1);
  }

  @Test
  void aChangedOrForeignValueIsNotAFailureOfKms() throws Exception {
    JsonNode sealed = seal("203.0.113.77");
    RecipientKey stranger = KmsKey.find(kms.with(Recipients.add(folder.resolve("else"), "eve")));
    RecipientKey key = KmsKey.find(arn);

    assertThatThrownBy(() -> open(stranger, sealed, 0))
        .isInstanceOf(GeneralSecurityException.class);
    assertThat(kms.decrypts()).isEqualTo(1);
    assertThatThrownBy(() -> key.open(new byte[0], UUID.randomUUID(), new byte[92]))
        .isInstanceOf(GeneralSecurityException.class);
    assertThat(kms.decrypts()).isEqualTo(1); // KMS is not asked what cannot be
  }

  @Test
  void aCallerThatMayNotDecryptIsToldThePermissionButNotTheServicesMessage() throws Exception {
    JsonNode sealed = seal("203.0.113.77");
    RecipientKey key = KmsKey.find(arn);
    kms.deny();

    assertThatThrownBy(() -> open(key, sealed, 0))
        .isInstanceOf(KeyUnavailableException.class)
        .hasMessageContainingAll(arn, "HTTP 400, AccessDeniedException", "kms:Decrypt")
        .hasMessageNotContaining("User: x");
  }

  @Test
  void aKeyThatIsMissingOrSignsIsRefused() {
    assertThatThrownBy(() -> KmsKey.find("203.0.113.77"))
        .isInstanceOf(InvalidKeyFileException.class)
        .hasMessageContaining("--kms-key must be")
        .hasMessageNotContaining("203");
    assertThatThrownBy(() -> KmsKey.find(LocalKms.MISSING))
        .isInstanceOf(InvalidKeyFileException.class)
        .hasMessageContaining("has no key " + LocalKms.MISSING);
    assertThatThrownBy(() -> KmsKey.find(LocalKms.SIGNING))
        .isInstanceOf(InvalidKeyFileException.class)
        .hasMessageContainingAll("cannot decrypt with RSA", "RSA_3072", "ENCRYPT_DECRYPT");
  }

  @Test
  void theArnsRegionIsUsedRegardlessOfTheConfiguredOne() throws Exception {
    System.setProperty("aws.region", "us-east-1");
    try {
      assertThat(KmsKey.find(arn).fingerprint()).hasSize(64); // the stub refuses another region
    } finally {
      System.setProperty("aws.region", "eu-central-1");
    }
  }

  @Test
  void anUnreachableKmsIsReportedWithTheSettingsToCheck() {
    System.setProperty(LocalKms.ENDPOINT, "http://127.0.0.1:1");

    assertThatThrownBy(() -> KmsKey.find(arn))
        .isInstanceOf(KeyUnavailableException.class)
        .hasMessageContainingAll("AWS KMS cannot be reached (", "AWS_ENDPOINT_URL_KMS");
  }

  private JsonNode seal(String... values) throws Exception {
    VaultEntries entries = new Vault(Recipient.read(folder.resolve("recipients"))).entries();
    for (String value : values) {
      entries.add(UUID.randomUUID().toString(), List.of(new Original("ip_" + value, value)));
    }
    return JsonMapper.builder().build().readTree(entries.json(Optional.empty()));
  }

  private static String open(RecipientKey key, JsonNode sealed, int index) throws Exception {
    JsonNode entry = sealed.get("entries").get(index);
    byte[] value =
        key.open(
            sealed.get("keys").get(0).get("sealed_key").binaryValue(),
            UUID.fromString(entry.get("entry").asText()),
            entry.get("value").binaryValue());
    return new String(value, StandardCharsets.UTF_8);
  }
}
