package dev.cameleon.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.mask.Keyset;
import dev.cameleon.support.FixedKeys;
import dev.cameleon.support.LocalSecrets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Secrets of AWS Secrets Manager, found by the SDK's own variables only. */
class SecretReferenceTest {
  private static final String ARN =
      "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mask-a1B2c3";

  @TempDir private Path folder;
  private final LocalSecrets secrets = LocalSecrets.start();
  private final Keyset keyset = FixedKeys.of(0x0a0b0c0d, 0x41);

  @BeforeEach
  void pointTheSdkToIt() {
    secrets.properties().forEach(System::setProperty);
  }

  @AfterEach
  void stop() {
    System.clearProperty(LocalSecrets.ENDPOINT);
    secrets.close();
  }

  @ParameterizedTest
  @CsvSource({
    "{{aws:prod/mask}}, prod/mask",
    "{{aws:mask@4f1c6b0e-1111-4222-8333-944455566677}}, mask4f1c6b0e-1111-4222-8333-944455566677",
    "{{aws:" + ARN + "}}, " + ARN
  })
  void aSecretIsTheKeyset(String reference, String secret) throws Exception {
    secrets.with(secret, keyset.json());

    assertThat(keyset(reference).currentId()).isEqualTo("0a0b0c0d");
    assertThat(secrets.requests()).isEqualTo(1);
  }

  @Test
  void aKeysetOfManyLinesAndBracesSurvives() throws Exception {
    ObjectNode json = (ObjectNode) JsonMapper.builder().build().readTree(keyset.json());
    ObjectNode key = (ObjectNode) json.get("key").get(0);
    key.set("keyData", key.remove("keyData"));
    String compact = json.toString();
    secrets.with("compact", compact).with("pretty", "\n" + json.toPrettyString() + "\n");

    assertThat(compact).contains("}}");
    assertThat(keyset("{{aws:compact}}").currentId()).isEqualTo("0a0b0c0d");
    assertThat(keyset("{{aws:pretty}}").currentId()).isEqualTo("0a0b0c0d");
  }

  @ParameterizedTest
  @ValueSource(strings = {"}}{{aws:other}}", "{{aws:other}}", "{{env:HOME}}", "#:@{{", "p w"})
  void aSecretIsUsedLiterally(String password) throws Exception {
    secrets
        .with("rds", JsonMapper.builder().build().createObjectNode().put("p", password).toString())
        .with("other", "not asked for");

    assertThat(SecretReference.resolve("{{aws:rds#p}}")).isEqualTo(password);
  }

  @Test
  void withoutAReferenceNoServiceIsCalled() throws Exception {
    assertThat(keyset(keyset.json()).currentId()).isEqualTo("0a0b0c0d");
    assertThat(SecretReference.resolve("p{{aws:other}}")).isEqualTo("p{{aws:other}}");
    assertThat(secrets.requests()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{{aws:none}}|AWS Secrets Manager has no secret none in this account and AWS_REGION",
        "{{aws:none/field}}|separate a field with #",
        "{{aws:forbidden}}|cannot be read by this AWS user or role; allow secretsmanager:Get",
        "{{aws:text}}|the keyset of CAMELEON_KEYSET_JSON is not a keyset",
        "{{aws:text#field}}|the secret text is not a JSON object, so it has no field field",
        "{{aws:object#field}}|the secret object has no string in its field field",
        "{{aws:object#number}}|the secret object has no string in its field number",
        "{{aws:object#empty}}|the secret object has no string in its field empty",
        "{{aws:blank}}|the secret blank is empty or not text",
        "{{aws:none:hunter2}}|without other text or a default value",
        "{{aws:text|{{aws:NAME#FIELD}}",
        "{{aws:text}} |{{aws:NAME#FIELD}}",
        "{{ aws:text }}|{{aws:NAME#FIELD}}"
      },
      ignoreLeadingAndTrailingWhitespace = false)
  void anUnavailableSecretIsReportedByNameAndWithoutItsContent(String reference, String said) {
    secrets
        .withForbidden("forbidden")
        .with("text", "hunter2 {\"field")
        .with("object", "{\"other\": \"hunter2\", \"number\": 4711, \"empty\": \"\"}")
        .with("blank", " \n");

    assertThatThrownBy(() -> keyset(reference))
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessageStartingWith("cameleon.keyset.json (CAMELEON_KEYSET_JSON): ")
        .hasMessageContaining(said)
        .hasMessageNotContainingAny("hunter2", "4711")
        .hasNoCause();
  }

  @Test
  void everyUnavailableSecretIsReportedAtOnce() {
    Map<String, String> environment =
        Map.of(
            "CAMELEON_DB_URL", "jdbc:postgresql://db.example/app",
            "CAMELEON_DB_USER", "loader",
            "CAMELEON_DB_PASSWORD", "{{aws:loader#password}}",
            "CAMELEON_DB_OWNER_USER", "owner",
            "CAMELEON_DB_OWNER_PASSWORD", "{{aws:owner#password}}");

    InvalidSettingsException wrong =
        catchThrowableOfType(InvalidSettingsException.class, () -> Settings.read(environment));

    assertThat(wrong.problems())
        .containsExactly(
            "cameleon.db.password (CAMELEON_DB_PASSWORD): AWS Secrets Manager has no secret loader"
                + " in this account and AWS_REGION",
            "cameleon.db.owner.password (CAMELEON_DB_OWNER_PASSWORD): AWS Secrets Manager has no"
                + " secret owner in this account and AWS_REGION");
  }

  private Keyset keyset(String json) throws InvalidSettingsException {
    return new KeysetSettings(folder, json).keys();
  }
}
