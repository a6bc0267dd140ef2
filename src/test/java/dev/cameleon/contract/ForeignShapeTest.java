package dev.cameleon.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An untrusted preview is shown only if a redaction could have written it. */
class ForeignShapeTest {
  private final BodyShape redaction = new BodyShape(Set.of("user_id", "ip", "locale"));

  @Test
  void aShapeIsRecognizedWhereverItWasCut() {
    for (String body :
        List.of(
            " ",
            "zanzibar",
            "{\"user_id\":null,\"locale\":true,\"ip\":\"fe80::1\",\"zanzibar\":\"x\"}",
            "{\"ip\":\"" + ":".repeat(100) + "x\",\"n\":-1.5e-7,\"::\":[\"::\",\"\\u0000 \"]}x",
            "{\"user_id\":{\"locale\":\"" + "x".repeat(1500) + "\"},}",
            "[".repeat(40))) {
      String shape = redaction.of(body);

      assertThat(redaction.ofShape(shape)).contains(shape);
      for (int length = 0; length < shape.length(); length++) {
        String cut = shape.substring(0, length);
        assertThat(redaction.ofShape(cut + "…")).as(cut).isPresent();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\n  \"ip\": \"203.0.113.77\"\n}",
        "{\n  \"ip\": \"•••\", zanzibar\n}",
        "{ \"ip\": \"::\" }",
        "{ \"ip\": :: }",
        "{ \"user_id\": \"zanzibar\" }",
        "\"zanzibar\"",
        "\"ip\"",
        "null7",
        "zanzibar null",
        "…(9,876,543,210 characters)",
        "987654321",
        "broken JSON syntax at line 987654321, column 1:\n{\n ^ character 1 of 2",
        "broken JSON syntax at line 1, column 1: zanzibar",
        "zanzibar empty:",
        "…zanzibar…•",
        "zanzibar: …",
        "\u001b[31m•",
      })
  void aTextThatMayHoldAValueIsNone(String text) {
    assertThat(redaction.ofShape(text)).isEmpty();
  }

  @Test
  void aNameThatIsNotTheContractsIsShownAsItsShape() {
    assertThat(redaction.ofShape("{\n  \"ip\": \"•.•\",\n  \"zanzibar\": null\n}"))
        .contains("{\n  \"ip\": \"•.•\",\n  \"••••••••\": null\n}");
    assertThat(redaction.ofShape("{ \"ip\": null, \"zanzibar…")).contains("{ \"ip\": null, \"…");
  }

  @Test
  void theTextAroundAFaultShowsNoValue() {
    Map<String, String> excerpts =
        Map.of(
            "{\"ip\": \"::\",}", "{\"••\": \"••\",}",
            "{\"ip\": \"[::]\",}", "{\"••\": \"••••\",}",
            "{\"ip\": \"\\\"::\",}", "{\"••\": \"••••\",}",
            "{\"mail: \"x\", \"ip\": \"::\"}", "{\"••••••\"•\"••\"••\"••\"••\"•");

    excerpts.forEach(
        (body, excerpt) -> {
          String shape = redaction.of(body);
          List<String> lines = shape.lines().toList();
          assertThat(lines.get(lines.size() - 2)).isEqualTo(excerpt);
          assertThat(redaction.ofShape(shape)).contains(shape);
        });
  }
}
