package dev.cameleon.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StrictJsonTest {
  private final ObjectMapper mapper = StrictJson.strictMapper();

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"a": 1} x                  | broken JSON syntax
          {"a": 1} {}                 | something follows the object
          {"a": 1, "a": 2}            | a key occurs twice
          {"a": {"b": 1, "b": 2}}     | a key occurs twice
          {"a":                       | ends before it is complete
          secret                      | broken JSON syntax
          [1]                         | not a JSON object
          "secret"                    | not a JSON object
          {'a': 1}                    | broken JSON syntax
          {"a": 01}                   | broken JSON syntax
          {"a": NaN}                  | broken JSON syntax
          """)
  void aBodyThatIsNotStrictJsonIsRefusedWithItsPlaceAndNoneOfItsText(String body, String kind) {
    assertThatThrownBy(() -> StrictJson.read(mapper, body))
        .isInstanceOfSatisfying(
            RejectedException.class,
            rejected -> {
              assertThat(rejected.reason()).isEqualTo(Violation.NOT_JSON);
              assertThat(rejected.detail()).startsWith(kind).contains("line 1");
              assertThat(rejected.getMessage()).doesNotContain("secret");
            });
  }

  @Test
  void nestingAndNumbersAreBounded() {
    assertThatThrownBy(() -> StrictJson.read(mapper, "{\"a\":" + "[".repeat(100) + "]".repeat(100)))
        .hasMessageContaining("nested deeper");
    assertThatThrownBy(() -> StrictJson.read(mapper, "{\"a\": " + "1".repeat(5000) + "}"))
        .hasMessageContaining("longer than");
  }

  @Test
  void aStrictObjectIsRead() throws Exception {
    assertThat(StrictJson.read(mapper, " {\"a\": \"\\ud83d\\ude00\"} ").get("a").textValue())
        .isEqualTo("😀");
  }
}
