package dev.cameleon.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.support.Events;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContractTest {
  private static final Path SHIPPED = Path.of("routes/login.schema.json");

  @TempDir private Path folder;

  @Test
  void theShippedContractMasksAddressAndDevice() throws Exception {
    assertThat(Contract.read(SHIPPED).personal().kinds())
        .containsOnly(
            org.assertj.core.api.Assertions.entry("ip", PiiKind.IP),
            org.assertj.core.api.Assertions.entry("device_id", PiiKind.DEVICE));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"0.96", "2.00", "2.3.0", "10"})
  void versionsOfTwoOrThreePartsAndNullLocalesPass(String version) throws Exception {
    ObjectNode event = Events.login(1).put("app_version", version).putNull("locale");

    assertThat(Contract.read(SHIPPED).check(event, Map.of()).get(0)).hasSize(6);
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

    assertThatThrownBy(() -> contract.check(Events.login(1).put(field, value), Map.of()))
        .isInstanceOfSatisfying(
            RejectedException.class,
            rejected -> {
              assertThat(rejected.reason()).isEqualTo(Violation.CONTRACT);
              assertThat(rejected.field()).isEqualTo(field);
              assertThat(rejected.detail()).isEqualTo(detail);
            });
  }

  @Test
  void aWrongTypeIsNamedWithWhatTheContractSays() throws Exception {
    Contract contract = Contract.read(SHIPPED);

    assertThatThrownBy(() -> contract.check(Events.login(1).put("locale", 5), Map.of()))
        .hasMessage("CONTRACT at locale: breaks the contract's type [\"string\",\"null\"]");
  }

  @Test
  void aTooLongValueIsRefused() throws Exception {
    Contract contract = Contract.read(SHIPPED);

    assertThatThrownBy(
            () -> contract.check(Events.login(1).put("device_id", "9".repeat(129)), Map.of()))
        .hasMessage("CONTRACT at device_id: breaks the contract's maxLength 128");
  }

  @Test
  void unpairedSurrogatesAreRefusedInKeysAndTexts() throws Exception {
    Contract contract = Contract.read(SHIPPED);

    assertThatThrownBy(() -> contract.check(Events.login(1).put("user_id", "\ud800"), Map.of()))
        .hasMessageContaining("unpaired surrogate");
    assertThatThrownBy(() -> contract.check(Events.login(1).put("\udc00", "x"), Map.of()))
        .hasMessageContaining("unpaired surrogate");
  }

  @Test
  void fieldsThatTheContractDoesNotNameAreDroppedAndCounted() throws Exception {
    Contract contract = Contract.read(SHIPPED);

    ObjectNode checked =
        contract.check(Events.login(1).put("name", "Ada").put("x", 1), Map.of()).get(0);

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
          {"properties": {"a": {"properties": {"b": {"type": "string", "x-pii": "ip"}}}}} | field "a": set its "type"
          {"properties": {"sent_at": {"type": "string", "x-pii": "ip"}}}           | column of this name
          {"properties": {"ip": {"type": "string", "x-pii": "text"}}}              | share the tokens of another kind
          {"properties": {"A b": {"type": "string", "x-pii": "text"}}}             | only letters, digits, _ and -
          {"properties": {"a": {"type": "strng", "x-pii": "ip"}}}                  | only text
          {"required": 5, "properties": {"a": {"type": "string", "x-pii": "ip"}}}  | not a JSON Schema
          {}                                                                       | has no fields
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

  /** The text in place of … must not invalidate the rest of the contract. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "ip": {"type": "string", "x-pi": "text"}                | "x-pi" at /properties/ip | "x-pii"
          "ip": {"type": "string", "X-PII": "text"}               | "X-PII" at /properties/ip | "x-pii"
          "ip": {"type": "string", "x-owner": "me"}               | "x-owner" at /properties/ip | did you mean "x-
          "a": {"type": "string", "maxLenght": 3}                 | "maxLenght" at /properties/a | "maxLength"
          "a": {"items": {"typ": "string"}}                       | "typ" at /properties/a/items | "type"
          "a": {"anyOf": [{}, {"formt": "ipv4"}]}                 | "formt" at /properties/a/anyOf/1 | "format"
          "a": {"patternProperties": {"^b": {"mim": 1}}}          | "mim" at /properties/a/patternProperties/^b | "
          "a": {"prefixItems": [{"enm": [1]}]}                    | "enm" at /properties/a/prefixItems/0 | "enum"
          "a": {}}, "requierd": ["a"], "$defs": {                 | "requierd" at the top | "required"
          "a": {}}, "$defs": {"x": {"tipe": "string"}             | "tipe" at /$defs/x | "type"
          "a": {}}, "dependentSchemas": {"a": {"nott": {}}        | "nott" at /dependentSchemas/a | "not"
          "a": {}}, "definitions": {                              | "definitions" at the top | "$defs"
          "aa": {}}, "required": ["ab"], "$defs": {               | required at the top names "ab" | "aa"
          "aa": {}}, "anyOf": [{"required": ["ab"]}], "$defs": {  | required at /anyOf/0 names "ab" | "aa"
          "aa": {}}, "allOf": [{"if": {"required": ["ab"]}}], "$defs": { | required at /allOf/0/if names "ab" | "aa"
          "aa": {}}, "dependentRequired": {"ab": ["aa"]}, "$defs": { | dependentRequired at the top names "ab" | "aa"
          "aa": {}}, "dependentRequired": {"aa": ["ab"]}, "$defs": { | dependentRequired at the top names "ab" | "aa"
          "aa": {}}, "dependentSchemas": {"ab": {}}, "$defs": {   | dependentSchemas at the top names "ab" | "aa"
          "aa": {}}, "$ref": "#/$defs/b", "$defs": {"b": {"required": ["ab"]} | required at /$defs/b names "ab" | "aa"
          "aa": {}}, "$defs": {"b": {"x-pii": "text"}             | x-pii at /$defs/b has no effect there | properties, items
          "a": {"properties": {"bb": {}}, "required": ["bc"]}     | required at /properties/a names "bc" | "bb"
          "a": {"$ref": "https://example.org/a.json"}             | $ref at /properties/a | #
          "a": {}}, "$schema": "http://json-schema.org/draft-07/schema#", "$defs": { | $schema | 2020-12
          """)
  void rulesWithoutEffectAreRefused(String properties, String problem, String hint)
      throws Exception {
    Path file = contract(properties);

    assertThatThrownBy(() -> Contract.read(file))
        .isInstanceOf(InvalidContractException.class)
        .hasMessageContaining(problem)
        .hasMessageContaining(hint);
  }

  /**
   * A reference brings the rules of another field, but not its mark, so the value would be stored
   * unmasked.
   */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "a": {"type": "string", "not": {"$ref": "#/properties/pii"}}   | $ref at /properties/a/not points to | a schema with a mark
          "a": {"type": "string", "anyOf": [{"$ref": "#/properties/pii"}]} | $ref at /properties/a/anyOf/0 points | repeat
          "a": {"type": "string", "anyOf": [{"$ref": "#/%70roperties/pi%69"}]} | $ref at /properties/a/anyOf/0 points to | repeat
          "a": {"type": "string", "allOf": [{"$ref": "#p"}]}, "b": {"type": "string", "x-pii": "text", "$anchor": "p"} | $ref at /properties/a/allOf/0 points | repeat
          "a": {"$dynamicRef": "#p"}, "b": {"type": "string", "x-pii": "text", "$dynamicAnchor": "p"} | $dynamicRef at /properties/a points | repeat
          "a": {"$dynamicRef": "#/properties/pii"}                       | $dynamicRef at /properties/a points | repeat
          "a": {"type": "string", "if": {"$ref": "#/$defs/x"}}}, "$defs": {"x": {"$ref": "#/properties/pii"} | $ref at /$defs/x points | repeat
          "a": {"type": "object", "x-keep": "all", "properties": {"a": {"$ref": "#/properties/a"}, "b": {"type": "string", "x-pii": "ip"}}} | $ref at /properties/a/properties/a points | repeat
          "a": {"items": {"$ref": "#"}}                                  | $ref at /properties/a/items points | repeat
          "a": {}}, "allOf": [{"properties": {"a": {"$ref": "#/properties/pii"}}}], "$defs": { | $ref at /allOf/0/properties/a points | repeat
          "a": {"$ref": "#/$defs/none"}                                  | $ref at /properties/a points to nothing | place
          "a": {"$ref": "#none"}                                         | $ref at /properties/a points to nothing | place
          "a": {"$ref": "#/%zz"}                                         | $ref at /properties/a points to nothing | place
          "a": {"$dynamicRef": "b.json#c"}                               | $dynamicRef at /properties/a | must begin with #
          """)
  void aReferenceToAMaskedFieldIsRefusedWhereNothingIsMasked(
      String properties, String problem, String hint) throws Exception {
    Path file = contract(properties);

    assertThatThrownBy(() -> Contract.read(file))
        .isInstanceOf(InvalidContractException.class)
        .hasMessageContaining(problem)
        .hasMessageContaining(hint);
  }

  @Test
  void aMarkAppliesToTheFieldThatHasItOrRefersToIt() throws Exception {
    Path file =
        contract(
            """
            "a": {"type": "string", "x-pii": "ip", "$ref": "#/properties/pii"},
            "b": {"type": "string", "x-pii": "ip", "anyOf": [{"$ref": "#p"}, {"$ref": "#/$defs/p"}]},
            "c": {"$ref": "#/$defs/%70"}, "d": {"$ref": "#p"},
            "e": {"$ref": "#/properties/pii"}, "f": {"$ref": "#/$defs/m"}},
            "$defs": {"m": {"$ref": "#m"}, "n": {"$anchor": "m", "type": "string", "x-pii": "device"},
              "p": {"$anchor": "p", "type": "string"}
            """);

    assertThat(Contract.read(file).personal().kinds()).containsOnlyKeys("pii", "a", "b", "e", "f");
  }

  @Test
  void allOfJsonSchemaStaysAllowed() throws Exception {
    Path file =
        contract(
            """
            "a": {"title": "t", "description": "d", "default": {"x-pi": 1}, "deprecated": true,
              "x-keep": "all", "readOnly": false, "writeOnly": false, "examples": [{"requierd": 1}], "$comment": "c",
              "enum": [{"nokeyword": 1}], "contentMediaType": "text/plain"},
            "type": {"const": {"nokeyword": 1}},
            "nested": {"type": "object", "properties": {"x": {"type": "null"}}, "required": ["x"],
              "additionalProperties": false, "unevaluatedProperties": false},
            "by_reference": {"$ref": "#/$defs/node", "required": ["next"], "x-keep": "all"},
            "open": {"x-keep": "all", "patternProperties": {"^p": {}}, "required": ["p1"]}},
            "required": ["a"], "if": {"required": ["type"]}, "then": {"required": ["nested"]},
            "oneOf": [{"not": {"required": ["a"]}}, {"properties": {"a": true}}],
            "dependentRequired": {"a": ["type"]}, "dependentSchemas": {"a": {"required": ["a"]}},
            "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}, "required": ["next"]}
            """);

    assertThat(Contract.read(file).fields()).contains("type", "nested", "pii");
  }

  private Path contract(String properties) throws Exception {
    return Files.writeString(
        folder.resolve("login.schema.json"),
        """
        {"properties": {"pii": {"type": "string", "x-pii": "text"}, %s}}
        """
            .formatted(properties));
  }
}
