package dev.cameleon.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.support.Events;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContractTest {
  private static final Path SHIPPED = Path.of("routes/login.schema.json");

  @TempDir private Path folder;

  @Test
  void theShippedContractMasksAddressAndDevice() throws Exception {
    assertThat(Contract.read(SHIPPED).personal())
        .containsOnly(
            org.assertj.core.api.Assertions.entry("ip", PiiKind.IP),
            org.assertj.core.api.Assertions.entry("device_id", PiiKind.DEVICE));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"0.96", "2.00", "2.3.0", "10"})
  void versionsOfTwoOrThreePartsAndNullLocalesPass(String version) throws Exception {
    ObjectNode event = Events.login(1).put("app_version", version).putNull("locale");

    assertThat(Contract.read(SHIPPED).check(event)).hasSize(6);
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "ip, 999.1.1.1, 'breaks the contract''s format \"ipv4\", format \"ipv6\"'",
    "ip, 010.1.1.1, 'breaks the contract''s format \"ipv4\", format \"ipv6\"'",
    "user_id, '', 'breaks the contract''s minLength 1'",
    "app_version, v2, 'breaks the contract''s pattern \"^[0-9]{1,9}(\\\\.[0-9]{1,9}){0,3}$\"'",
    "app_version, 99999999999, 'breaks the contract''s pattern \"^[0-9]{1,9}(\\\\.[0-9]{1,9}){0,3}$\"'"
  })
  void abrokenRuleIsNamedWithItsFieldAndWithoutTheValue(String field, String value, String detail)
      throws Exception {
    Contract contract = Contract.read(SHIPPED);

    assertThatThrownBy(() -> contract.check(Events.login(1).put(field, value)))
        .isInstanceOfSatisfying(
            RejectedException.class,
            rejected -> {
              assertThat(rejected.reason()).isEqualTo(Reason.CONTRACT);
              assertThat(rejected.field()).isEqualTo(field);
              assertThat(rejected.detail()).isEqualTo(detail);
            });
  }

  @Test
  void aWrongTypeIsNamedWithWhatTheContractSays() throws Exception {
    Contract contract = Contract.read(SHIPPED);

    assertThatThrownBy(() -> contract.check(Events.login(1).put("locale", 5)))
        .hasMessage("CONTRACT at locale: breaks the contract's type [\"string\",\"null\"]");
  }

  @Test
  void aTooLongValueIsRefused() throws Exception {
    Contract contract = Contract.read(SHIPPED);

    assertThatThrownBy(() -> contract.check(Events.login(1).put("device_id", "9".repeat(129))))
        .hasMessage("CONTRACT at device_id: breaks the contract's maxLength 128");
  }

  @Test
  void unpairedSurrogatesAreRefusedInKeysAndTexts() throws Exception {
    Contract contract = Contract.read(SHIPPED);

    assertThatThrownBy(() -> contract.check(Events.login(1).put("user_id", "\ud800")))
        .hasMessageContaining("unpaired surrogate");
    assertThatThrownBy(() -> contract.check(Events.login(1).put("\udc00", "x")))
        .hasMessageContaining("unpaired surrogate");
  }

  @Test
  void fieldsThatTheContractDoesNotNameAreDroppedAndCounted() throws Exception {
    Contract contract = Contract.read(SHIPPED);

    ObjectNode checked = contract.check(Events.login(1).put("name", "Ada").put("x", 1));

    assertThat(checked.has("name")).isFalse();
    assertThat(contract.unknownFields()).isEqualTo(2);
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"properties": {"a": {"type": "string"}}}                                | marks no field
          {"properties": {"a": {"type": "string", "x-pii": "ssn"}}}                | is not one of
          {"properties": {"a": {"type": "integer", "x-pii": "ip"}}}                | only text can be masked
          {"properties": {"a": {"x-pii": "ip"}}}                                   | only text can be masked
          {"properties": {"a": {"properties": {"b": {"type": "string", "x-pii": "ip"}}}}} | directly under
          {"properties": {"sent_at": {"type": "string", "x-pii": "ip"}}}           | column of this name
          {"properties": {"ip": {"type": "string", "x-pii": "text"}}}              | shares another's tokens
          {"properties": {"A b": {"type": "string", "x-pii": "ip"}}}               | lower case
          {"properties": {"a": {"type": "strng", "x-pii": "ip"}}}                  | only text
          {"required": 5, "properties": {"a": {"type": "string", "x-pii": "ip"}}}  | no JSON Schema
          {}                                                                       | names no fields
          {"properties": {                                                         | not valid JSON
          """)
  void aContractThatWouldMaskNothingOrIsNotUnderstoodIsRefused(String text, String problem)
      throws Exception {
    Path file = folder.resolve("login.schema.json");
    Files.writeString(file, text);

    assertThatThrownBy(() -> Contract.read(file))
        .isInstanceOf(InvalidContractException.class)
        .hasMessageContaining(problem);
  }
}
