package dev.cameleon.contract;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Mistakes in a contract, each of which is rejected with its place. */
class ContractMistakesTest extends ContractFixture {
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "x-event": "detail", P                          | x-event must be a JSON Pointer
          "x-event": "", P                                | x-event must be a JSON Pointer
          "x-event": "/a//b", P                           | x-event must be a JSON Pointer
          "x-event": 5, P                                 | x-event must be a JSON Pointer
          "x-ignore": {}, P                               | x-ignore must be a schema that does not fit every
          "x-ignore": true, P                             | x-ignore must be a schema that does not fit every
          "x-ignore": {"requird": ["a"]}, P               | "requird" at /x-ignore is not a keyword
          "x-ignore": {"type": "objekt"}, P               | x-ignore is not a JSON Schema
          "x-ignore": {"properties": {"a": {"x-pii": "ip", "type": "string"}}}, P | x-pii at /x-ignore/properties/a has no effect
          "x-ignore": {"required": ["a"]}, "examples": [{"a": "1"}], P | x-ignore fits a valid message, the one of examples/0
          "x-event": "/Records/*", "x-ignore": {"required": ["Records"]}, "examples": [{"a": "1"}], P | x-ignore fits a valid message
          P, "x-evnt": "/detail"                          | "x-evnt" at the top is not a keyword of JSON Schema 2020-12 and would have no effect; did you mean "x-event"?
          "properties": {"a": {"type": "string", "x-pii": "ip", "x-event": "/b"}} | x-event at /properties/a has no effect there
          "properties": {"a": {"type": "string", "x-pii": "ip", "x-keep": "al"}} | x-keep at /properties/a can only be "all"
          "x-keep": "all", P                              | x-keep at the top has no effect there
          "properties": {"a": {"type": "string", "x-pii": "ip", "x-country": "DE"}} | x-country is for "x-pii": "phone"
          "properties": {"a": {"type": "string", "x-pii": "phone", "x-country": "Germany"}} | a region of ISO 3166-1
          "properties": {"a": {"type": "string", "x-country": "DE"}} | x-country at /properties/a has no effect there
          "properties": {"email": {"type": "string", "x-pii": "text"}} | would share the tokens of another kind
          "properties": {"phone": {"type": "string", "x-pii": "text"}} | would share the tokens of another kind
          "properties": {"a": {"type": "object", "properties": {"b.c": {"type": "string", "x-pii": "text"}}}} | only letters, digits
          "properties": {"a": {"type": "array", "prefixItems": [{"type": "string", "x-pii": "ip"}, {"type": "string", "x-pii": "email"}], "items": false}} | is marked as ip and as email
          "properties": {"a": {"type": "object"}}         | list the properties to keep under "properties"
          "properties": {"a": {"type": "array"}}          | describe the elements of the array with "items"
          "properties": {"a": {"type": "array", "items": true}} | set its "type"
          "properties": {"a": {"type": "array", "items": {"type": "object"}}} | list the properties to keep
          "properties": {"a": {"type": "object", "properties": {"b": {}}}} | field "a.b": set its "type"
          "properties": {"a": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "object", "properties": {"n": {"$ref": "#/$defs/n"}}}} | leads back to an enclosing schema
          "properties": {"a": {"type": "string", "anyOf": [{"x-pii": "ip"}]}} | x-pii at /properties/a/anyOf/0 has no effect there
          "properties": {"a": {"type": "object", "x-keep": "all", "additionalProperties": {"type": "string", "x-pii": "ip"}}} | x-pii at /properties/a/additionalProperties has no effect there
          "allOf": [{"properties": {"a": {"type": "string", "x-pii": "ip"}}}] | x-pii at /allOf/0/properties/a has no effect there
          "properties": {"a": {"type": "string", "x-subject": true}, "b": {"type": "string", "x-subject": true}} | x-subject already marks a
          "properties": {"a": {"type": "string", "x-subject": "yes"}} | x-subject must be true or false
          "properties": {"a": {"type": "number", "x-subject": true}} | must mark one text or one integer
          "properties": {"a": {"type": "array", "items": {"type": "string", "x-subject": true}}} | must mark one text or one integer
          "properties": {"user_id": {"type": "string"}}, "$defs": {} | does it name the person?
          "properties": {"a": {"type": "object", "properties": {"b": {"type": "string", "x-attribute": "b"}}}} | x-attribute at /properties/a/properties/b has no effect there
          "properties": {"a": {"type": "string", "x-attribute": ""}} | must be the name of a message attribute
          "properties": {"a": {"type": "array", "items": {"type": "string"}, "x-attribute": "a"}} | cannot be an object or an array
          "properties": {"Sent_At": {"type": "string", "x-pii": "ip"}} | column of this name
          "properties": {"ab": {"type": "string", "x-pii": "ip"}, "aB": {"type": "string"}} | differs from "ab" only in upper and lower case
          "properties": {"äääääääääääääääääääääääääääääääää": {"type": "string"}} | 1 to 63 bytes
          "properties": {"a:?b": {"type": "string"}}      | neither control characters nor :?
          """)
  void aMistakeIsRefusedWithItsPlace(String text, String problem) throws Exception {
    String plain = "\"properties\": {\"a\": {\"type\": \"string\", \"x-pii\": \"ip\"}}";
    Path file = write(text.replaceAll("\\bP\\b", plain));

    assertThatThrownBy(() -> Contract.read(file))
        .isInstanceOf(InvalidContractException.class)
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"x-event", "x-ignore", "x-pii", "x-country", "x-subject", "x-attribute", "x-keep"})
  void aMisspeltKeywordIsNamedWithTheOneMeant(String keyword) throws Exception {
    Path file = write("\"" + keyword.toUpperCase(java.util.Locale.ROOT) + "\": 1," + FIELDS);

    assertThatThrownBy(() -> Contract.read(file))
        .hasMessageContaining("did you mean \"" + keyword + "\"?");
  }
}
