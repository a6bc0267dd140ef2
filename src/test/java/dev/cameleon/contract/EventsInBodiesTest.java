package dev.cameleon.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/** The place of events in a body, and the fields that are kept. */
class EventsInBodiesTest extends ContractFixture {
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          /detail            | {"detail": {"n": 1}}                                          | 1
          /a~1b/~0           | {"a/b": {"~": {"n": 1}}}                                      | 1
          /Message           | {"Message": "{\\"n\\": 1}"}                                   | 1
          /Records/*         | {"Records": [{"n": 1}, {"n": 2}, {"n": 3}]}                   | 1,2,3
          /Records/0         | {"Records": [{"n": 1}, {"n": 2}, {"n": 3}]}                   | 1
          /Message/Records/* | {"Message": "{\\"Records\\": [{\\"n\\": 1}, {\\"n\\": 2}]}"}  | 1,2
          /Records/*/body    | {"Records": [{"body": "{\\"n\\": 1}"}, {"body": {"n": 2}}]}   | 1,2
          /a/*/b/*           | {"a": [{"b": [{"n": 1}]}, {"b": [{"n": 2}, {"n": 3}]}]}       | 1,2,3
          """)
  void eventsAreFoundWhereThePointerLeads(String pointer, String body, String numbers)
      throws Exception {
    List<ObjectNode> events =
        contract("\"x-event\": \"" + pointer + "\"," + FIELDS, body, Map.of());

    assertThat(events)
        .extracting(event -> event.path("n").asText())
        .containsExactly(numbers.split(","));
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          /detail    | {"other": 1}                        | finds nothing at /detail
          /detail    | {"detail": 5}                       | finds no object at /detail
          /detail    | {"detail": null}                    | finds no object at /detail
          /detail    | {"detail": [{"n": 1}]}              | finds no object at /detail
          /Message   | {"Message": "hello"}                | finds a text that is not JSON (broken JSON syntax
          /Message   | {"Message": ""}                     | finds no object at /Message
          /Message   | {"Message": "{} {}"}                | (something follows the object
          /Message   | {"Message": "{\\"a\\": 1, \\"a\\": 2}"} | (a key occurs twice
          /Records/* | {"Records": []}                     | finds an empty array at /Records
          /Records/* | {"Records": {"0": {"n": 1}}}        | finds no array at /Records
          /Records/* | {"Records": [{"n": 1}, 5]}          | finds no object at /Records/1
          /Records/*/s3 | {"Records": [{"s3": {}}, {}]}    | finds nothing at /Records/1/s3
          /Records/1 | {"Records": [{"n": 1}]}             | finds nothing at /Records/1
          """)
  void aBodyWithoutEventsIsRejected(String pointer, String body, String detail) throws Exception {
    assertThatThrownBy(() -> contract("\"x-event\": \"" + pointer + "\"," + FIELDS, body, Map.of()))
        .isInstanceOfSatisfying(
            RejectedException.class,
            rejected -> {
              assertThat(rejected.reason()).isEqualTo(Violation.CONTRACT);
              assertThat(rejected.detail()).contains(detail).doesNotContain("hello");
            });
  }

  @Test
  void aBadEventAmongGoodOnesIsNamedByItsPosition() throws Exception {
    assertThatThrownBy(
            () ->
                contract(
                    "\"x-event\": \"/Records/*\"," + FIELDS,
                    "{\"Records\": [{\"n\": 1}, {\"n\": \"x\"}, {\"n\": 3}]}",
                    Map.of()))
        .hasMessage("CONTRACT at n: event 2 of 3: breaks the contract's type \"integer\"");
  }

  @Test
  void aFaultIsNamedByItsPathAndKeysOutsideTheContractAreNot() throws Exception {
    String nested =
        """
        "properties": {"who": {"type": "string", "x-pii": "text"},
          "lines": {"type": "array", "items": {"type": "object", "required": ["sku"],
            "properties": {"sku": {"type": "string"}, "price": {"type": "number"}}}},
          "more": {"type": "object", "x-keep": "all", "additionalProperties": {"type": "string"}}}""";

    assertThatThrownBy(
            () -> contract(nested, "{\"lines\": [{\"sku\": \"a\", \"price\": \"x\"}]}", Map.of()))
        .hasMessage("CONTRACT at lines.price: breaks the contract's type \"number\"");
    assertThatThrownBy(() -> contract(nested, "{\"lines\": [{}]}", Map.of()))
        .hasMessage("CONTRACT at lines.sku: required, but missing: lines.sku");
    assertThatThrownBy(() -> contract(nested, "{\"more\": {\"ada@example.org\": 1}}", Map.of()))
        .hasMessage("CONTRACT at more: breaks the contract's type \"string\"");
  }

  @Test
  void onlyNamedPropertiesAreKeptAtEveryDepth() throws Exception {
    List<ObjectNode> events =
        contract(
            """
            "properties": {
              "who": {"type": "string", "x-pii": "text"},
              "a": {"type": ["object", "null"], "properties": {"b": {"type": "string"}},
                "then": {"properties": {"c": {"type": "string"}}}, "if": {"properties": {"x": {"const": 1}}}},
              "list": {"type": "array", "prefixItems": [{"type": "object", "properties": {"p": {"type": "integer"}}}],
                "items": {"$ref": "#/$defs/item"}},
              "all": {"type": "object", "x-keep": "all"}},
            "allOf": [{"properties": {"a": {"properties": {"d": {"type": "string"}}}, "late": {"type": "string"}}}],
            "$defs": {"item": {"type": "object", "properties": {"q": {"type": "integer"}}}}
            """,
            """
            {"a": {"b": "1", "c": "2", "d": "3", "x": 1, "secret": "s"}, "late": "4", "secret": "s",
             "list": [{"p": 1, "q": 1, "secret": "s"}, {"p": 1, "q": 1, "secret": "s"}],
             "all": {"anything": {"deep": [1]}}}
            """,
            Map.of());

    assertThat(events.get(0).toString())
        .isEqualTo(
            "{\"a\":{\"b\":\"1\",\"c\":\"2\",\"d\":\"3\"},\"late\":\"4\",\"list\":[{\"p\":1},{\"q\":1}],"
                + "\"all\":{\"anything\":{\"deep\":[1]}}}");
  }

  @Test
  void integersArePlainAndBoundedAndNumbersLoseNothing() throws Exception {
    String numbers =
        """
        "properties": {"who": {"type": "string", "x-pii": "text"}, "i": {"type": "integer"},
          "n": {"type": "number"}, "o": {"type": "object", "properties": {"n": {"type": "number"}}}}""";

    assertThat(
            contract(
                    numbers,
                    "{\"i\": 1.0, \"n\": 0.10000000000000000000001, \"o\": {\"n\": 1.10}}",
                    Map.of())
                .get(0))
        .hasToString("{\"i\":1,\"n\":0.10000000000000000000001,\"o\":{\"n\":1.10}}");
    assertThat(contract(numbers, "{\"i\": 1e3}", Map.of()).get(0)).hasToString("{\"i\":1000}");
    assertThat(contract(numbers, "{\"i\": -9223372036854775808}", Map.of()).get(0))
        .hasToString("{\"i\":-9223372036854775808}");
    for (String tooLarge : List.of("9223372036854775808", "1e400", "1E+999999999", "-1e19")) {
      assertThatThrownBy(() -> contract(numbers, "{\"i\": " + tooLarge + "}", Map.of()))
          .hasMessage("CONTRACT at i: an integer of more than 64 bits");
    }
    assertThatThrownBy(() -> contract(numbers, "{\"i\": 1.5}", Map.of()))
        .hasMessageContaining("type \"integer\"");
  }

  @Test
  void anAttributeOfTheMessageOrOfSnsOverridesThePropertyInTheBody() throws Exception {
    Map<String, MessageAttributeValue> received =
        Map.of(
            "tenant", MessageAttributeValue.builder().dataType("String").stringValue("a").build());
    String sns = "\"x-event\": \"/Message\"," + FIELDS;
    String envelope =
        "{\"Message\": \"{\\\"t\\\": \\\"forged\\\"}\", \"MessageAttributes\":"
            + " {\"tenant\": {\"Type\": \"String\", \"Value\": \"b\"}}}";

    assertThat(contract(FIELDS, "{\"t\": \"forged\"}", received).get(0).path("t").asText())
        .isEqualTo("a");
    assertThat(contract(FIELDS, "{\"t\": \"forged\"}", Map.of()).get(0).has("t")).isFalse();
    assertThat(contract(sns, envelope, Map.of()).get(0).path("t").asText()).isEqualTo("b");
    assertThat(contract(sns, envelope, received).get(0).path("t").asText()).isEqualTo("a");
  }

  @Test
  void anAttributeHasTheTypeOfItsProperty() throws Exception {
    Map<String, MessageAttributeValue> received = new java.util.HashMap<>();
    Map.of("i", "12", "n", "1.5", "b", "true", "x", "12x")
        .forEach(
            (name, value) ->
                received.put(name, MessageAttributeValue.builder().stringValue(value).build()));
    String types =
        """
        "properties": {"who": {"type": "string", "x-pii": "text"},
          "i": {"type": "integer", "x-attribute": "%s"}, "n": {"type": "number", "x-attribute": "n"},
          "b": {"type": "boolean", "x-attribute": "b"}}""";

    assertThat(contract(types.formatted("i"), "{}", received).get(0))
        .hasToString("{\"i\":12,\"n\":1.5,\"b\":true}");
    assertThatThrownBy(() -> contract(types.formatted("x"), "{}", received))
        .hasMessage("CONTRACT at i: breaks the contract's type \"integer\"");
  }

  @Test
  void aMessageThatMatchesIgnoreIsIgnored() throws Exception {
    String s3 =
        """
        "x-event": "/Records/*", "x-ignore": {"required": ["Event"],
          "properties": {"Event": {"$ref": "#/$defs/test"}}}, "$defs": {"test": {"const": "s3:TestEvent"}},"""
            + FIELDS;

    assertThatThrownBy(
            () -> contract(s3, "{\"Event\": \"s3:TestEvent\", \"Bucket\": \"b\"}", Map.of()))
        .isInstanceOf(IgnoredException.class);
    assertThat(contract(s3, "{\"Records\": [{\"n\": 1}]}", Map.of())).hasSize(1);
  }

  @Test
  void namesAndTypesOfColumnsFollowFromTheContract() throws Exception {
    Contract contract =
        Contract.read(
            write(
                """
                "properties": {"orderId": {"$ref": "#/$defs/id"}, "at": {"type": "string", "format": "date-time"},
                  "day": {"type": ["null", "string"], "format": "date"}, "n": {"type": "number"},
                  "i": {"type": ["integer", "null"]}, "b": {"type": "boolean"}, "e": {"enum": ["a", 1]},
                  "o": {"type": "object", "properties": {"mail": {"type": "string", "x-pii": "email"}}},
                  "u": {"type": ["string", "integer"]}},
                "then": {"properties": {"late": {"type": "string"}}},
                "$defs": {"id": {"type": "string", "format": "uuid"}}
                """));

    assertThat(contract.columns())
        .extracting(column -> column.name() + " " + column.type().sql())
        .containsExactly(
            "orderId uuid",
            "at timestamptz",
            "day date",
            "n numeric",
            "i bigint",
            "b boolean",
            "e jsonb",
            "o jsonb",
            "u jsonb",
            "late text");
    assertThat(contract.personal().kinds()).containsOnlyKeys("o.mail");
  }
}
