package dev.cameleon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.mask.Keyset;
import dev.cameleon.support.FixedKeys;
import dev.cameleon.support.LocalSecrets;
import dev.cameleon.support.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The keyset from AWS Secrets Manager, by a process that knows the SDK's own variables only. */
class SecretReferenceTest {
  private static final String ARN =
      "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mask-a1B2c3";

  @TempDir private Path folder;
  private final LocalSecrets secrets = LocalSecrets.start();
  private final Keyset keyset = FixedKeys.of(0x0a0b0c0d, 0x41);

  @AfterEach
  void stop() {
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

    Program.Result result = list(reference);

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).startsWith("0a0b0c0d  enabled  primary");
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
    assertThat(list("{{aws:compact}}").out()).startsWith("0a0b0c0d");
    assertThat(list("{{aws:pretty}}").out()).startsWith("0a0b0c0d");
  }

  @Test
  void aFieldOfASecretIsTheKeysetAndTheFileMayNameIt() throws Exception {
    secrets.with(
        "app",
        JsonMapper.builder().build().createObjectNode().put("mask", keyset.json()).toString());
    Files.writeString(
        folder.resolve("application.properties"), "cameleon.keyset.json={{aws:app#mask}}\n");

    assertThat(Program.run(secrets.environment(), folder, "keys", "list").out())
        .startsWith("0a0b0c0d");
  }

  @Test
  void withoutAReferenceNobodyIsAsked() throws Exception {
    assertThat(list(keyset.json()).out()).startsWith("0a0b0c0d");
    assertThat(secrets.requests()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{{aws:none}}|has no secret none in this account and AWS_REGION",
        "{{aws:none/field}}|a field is named behind a #",
        "{{aws:forbidden}}|the secret forbidden may not be read by this AWS user or role; allow it secretsmanager:GetSecretValue",
        "{{aws:text}}|holds or refers to is no keyset",
        "{{aws:text#field}}|the secret text is not a JSON object, so it has no field field",
        "{{aws:object#field}}|the secret object has no text in its field field",
        "{{aws:object#number}}|the secret object has no text in its field number",
        "{{aws:blank}}|the secret blank is empty",
        "{{aws:none:hunter2}}|no default value",
        "{{aws:text|{{aws:NAME#FIELD}}",
        "{{ aws:text }}|{{aws:NAME#FIELD}}"
      })
  void whatCannotBeHadIsSaidWithItsNameAndNotItsContent(String reference, String said)
      throws Exception {
    secrets
        .withForbidden("forbidden")
        .with("text", "hunter2 {\"field")
        .with("object", "{\"other\": \"hunter2\", \"number\": 4711}")
        .with("blank", " \n");

    Program.Result result = list(reference);

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .contains("cameleon.keyset.json (CAMELEON_KEYSET_JSON): ")
        .contains(said)
        .doesNotContain("hunter2")
        .doesNotContain("4711");
  }

  @Test
  void anUnreachableServiceAMissingRegionAndMissingCredentialsAreSaid() throws Exception {
    Map<String, String> environment = secrets.environment();
    environment.put("CAMELEON_KEYSET_JSON", "{{aws:mask}}");

    environment.put("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1");
    assertRefused(environment, "the secret mask cannot be read", "cannot be reached (");
    environment.remove("AWS_ACCESS_KEY_ID");
    assertRefused(environment, "the secret mask cannot be read", "AWS_ACCESS_KEY_ID");
    environment.remove("AWS_REGION");
    assertRefused(environment, "the secret mask cannot be read", "AWS_REGION is not set");
  }

  private void assertRefused(Map<String, String> environment, String... said) throws Exception {
    Program.Result result = Program.run(environment, folder, "keys", "list");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains(said);
  }

  private Program.Result list(String keysetJson) throws Exception {
    Map<String, String> environment = secrets.environment();
    environment.put("CAMELEON_KEYSET_JSON", keysetJson);
    return Program.run(environment, folder, "keys", "list");
  }
}
