package dev.cameleon.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The shape of a body shows its structure and none of its content. To repeat a failure, pass the
 * printed seed: {@code -Dseed=…}.
 */
class BodyShapeTest {
  private static final Set<String> FIELDS =
      Set.of("user_id", "app_version", "device_type", "ip", "locale", "device_id");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * Characters that no shape contains by itself, so that three of them in a row can only come from
   * a value.
   */
  private static final String[] SIGNS = {"Q", "Z", "7", "4", "@", "é", "漢", "😀", "/", "\\", "\""};

  private static final int ROUNDS = 1000;

  private final BodyShape redaction = new BodyShape(FIELDS);
  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final List<String> planted = new ArrayList<>();

  @Test
  void namesOfTheContractAreShownAtTheDepthThatItNamesThem() {
    BodyShape nested = new BodyShape(Set.of("customer", "customer.eMail", "lines", "lines.sku"));

    String shape =
        nested.of(
            "{\"customer\": {\"eMail\": \"a@b.c\", \"sku\": \"x\"}, \"lines\": [{\"sku\": \"1\", \"Ada\": 2}],"
                + " \"eMail\": \"x\"}");

    assertThat(shape.replaceAll("\\s", ""))
        .isEqualTo(
            "{\"customer\":{\"eMail\":\"•••.•\",\"•••\":\"•\"},\"lines\":[{\"sku\":\"•\",\"•••\":•}],"
                + "\"•••••\":\"•\"}");
    assertThat(nested.ofShape(shape)).hasValue(shape);
  }

  @Test
  void theShapesOfAGoodEventTellWhatItLooksLike() {
    String body =
        """
        {"user_id":"u 1","app_version":"2.3.0","device_type":"android","ip":"199.172.111.135",\
        "locale":null,"device_id":"593-47-5928","mail":"a@b.c","ok":true,"n":-12.5,"list":["x",{}]}""";

    assertThat(redaction.of(body))
        .isEqualTo(
            """
            {
              "user_id": "•␣•",
              "app_version": "•.•.•",
              "device_type": "•••••••",
              "ip": "•••.•••.•••.•••",
              "locale": null,
              "device_id": "•••-••-••••",
              "••••": "•••••",
              "••": true|false,
              "•": -••.•,
              "••••": [ "•", { } ]
            }""");
  }

  @Test
  void namesOfTheContractAreShownAtTheTopOnly() {
    assertThat(redaction.of("{\"ip\":{\"ip\":\"1.2\"},\"locale\":[{\"ip\":\"1\"}]}"))
        .isEqualTo(
            "{\n  \"ip\": {\n    \"••\": \"•••\"\n  },\n  \"locale\": [ {\n    \"••\": \"•\"\n  } ]\n}");
    assertThat(redaction.of("[{\"ip\":\"1.2\"}]")).doesNotContain("ip").doesNotContain(".");
    assertThat(redaction.of("{\"\\u0069p\":\"1.2\"}")).contains("\"ip\": \"•.•\"");
  }

  @Test
  void longTextsInvisibleCharactersAndHalfPairsAreMarked() {
    assertThat(redaction.of("\"" + "x".repeat(100) + "\""))
        .isEqualTo("\"" + "•".repeat(16) + "…(100 characters)\"");
    assertThat(redaction.of("\"a\\u0000\\u200b\\u202e\\t\\ud800b\"")).isEqualTo("\"•␦␦␦␣�•\"");
    assertThat(redaction.of("\"😀\"")).isEqualTo("\"•\"");
    assertThat(redaction.of("{\"ip\":\"...\"}")).as("nothing but separators").contains("\"•••\"");
  }

  @Test
  void aBrokenBodyIsShownUpToItsFaultWithACaretBelowTheFault() {
    assertThat(redaction.of("{\"ip\":\"10.0.0.1\",zanzibar}"))
        .isEqualTo(
            """
            {
              "ip": "••.•.•.•"
            broken JSON syntax at line 1, column 18:
            {"••":"••••••••",••••••••}
                             ^ character 18 of 26""");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"ip\":\"QZ7\"",
        "{\"ip\":\"QZ7",
        "{\"ip\":\"QZ7\",}",
        "{QZ7:1}",
        "QZ7",
        "{\"ip\":\"QZ7\",\"ip\":\"QZ7\"}",
        "{\"QZ7\":1,\"QZ7\":2}",
        "{\"ip\":\"QZ7\"}QZ7",
        "{\"ip\":\"QZ7\"} {\"QZ7\":1}",
        "{\"ip\":\"QZ7\\x\"}",
        "{\"ip\":\"QZ7\u0001\"}",
        "{\"ip\":74747474Q}",
        "{\"ip\":\"QZ7\\ud8\"}",
        "{'QZ7':'QZ7'}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"QZ7\"",
        "/* QZ7 */{}",
        " ",
      })
  void everyKindOfBrokenBodyIsExplainedWithoutItsText(String body) {
    String shape = redaction.of(body);

    assertThat(shape).contains("^ character ").doesNotContain("QZ7").doesNotContain("7474");
    assertThat(redaction.ofShape(shape)).contains(shape);
  }

  @Test
  void hugeBodiesAreCutAndMarkedAsCut() {
    String keys = "{" + "\"QZ7\":{".repeat(20) + "\"QZ7\":[" + "\"QZ7\",".repeat(200_000);
    String name = "{\"" + "Q".repeat(1_000_000) + "\":1}";
    String digits = "9".repeat(1_000_000);

    for (String body : List.of(keys, name, digits)) {
      assertThat(redaction.of(body))
          .hasSizeLessThan(25_000)
          .doesNotContain("QZ")
          .doesNotContain("QQQ")
          .satisfies(shape -> assertThat(redaction.ofShape(shape)).contains(shape));
    }
    assertThat(redaction.of(keys)).contains("too long to be shown whole, it goes on here");
  }

  @Test
  void noThreeCharactersOfAnyPlantedValueSurvive() {
    System.out.println("BodyShapeTest: -Dseed=" + seed);
    for (int round = 0; round < ROUNDS; round++) {
      planted.clear();
      String body = random.nextInt(4) == 0 ? breakUp(object(3).toString()) : object(3).toString();

      String shape = redaction.of(body);
      String left = words(shape);

      for (String value : planted) {
        int[] points = value.codePoints().toArray();
        for (int i = 0; i + 3 <= points.length; i++) {
          String run = new String(points, i, 3);
          if (run.matches("[\".:-]+")) {
            continue; // JSON's own punctuation
          }
          assertThat(left.contains(run))
              .as("%s in round %s, -Dseed=%s", run, round, seed)
              .isFalse();
        }
      }
      // And only shapes and JSON's punctuation, independently of the planted values.
      assertThat(left)
          .as("round %s, -Dseed=%s", round, seed)
          .matches("[•␣␦�…\\s{}\\[\\]:,\".^()-]*");
      assertThat(redaction.ofShape(shape)).as("-Dseed=%s", seed).contains(shape);
    }
  }

  private static String words(String shape) {
    Matcher own =
        Pattern.compile(
                "\"("
                    + String.join("|", FIELDS)
                    + ")\"|true\\|false|null"
                    + "|broken JSON syntax|ends before it is complete|a key occurs twice"
                    + "|something follows the object|empty|nested deeper than 32 or longer than a"
                    + " JSON value may be|too long to be shown whole, it goes on here"
                    + "| at line \\d+, column \\d+|\\([\\d,]+ characters\\)"
                    + "|\\^ character [\\d,]+ of [\\d,]+")
            .matcher(shape);
    return own.replaceAll("");
  }

  private ObjectNode object(int depth) {
    ObjectNode object = JSON.createObjectNode();
    for (int i = random.nextInt(6); i >= 0; i--) {
      boolean known = random.nextBoolean();
      String name = known ? List.copyOf(FIELDS).get(random.nextInt(FIELDS.size())) : value();
      switch (random.nextInt(depth > 0 ? 6 : 4)) {
        case 0, 1 -> object.put(name, value());
        case 2 -> object.put(name, number());
        case 3 -> object.put(name, random.nextBoolean());
        case 4 -> object.set(name, object(depth - 1));
        default -> object.set(name, array(depth - 1));
      }
    }
    return object;
  }

  private ArrayNode array(int depth) {
    ArrayNode array = JSON.createArrayNode();
    for (int i = random.nextInt(3); i >= 0; i--) {
      array.add(value()).add(number()).add(object(depth));
    }
    return array;
  }

  private String value() {
    StringBuilder value = new StringBuilder();
    int length = random.nextInt(20) == 0 ? 100 : 3 + random.nextInt(9);
    for (int i = 0; i < length; i++) {
      value.append(SIGNS[random.nextInt(SIGNS.length)]);
    }
    if (random.nextInt(3) == 0) { // with separators, like an address
      value.insert(value.offsetByCodePoints(0, 2), ".-:".charAt(random.nextInt(3)));
    }
    planted.add(value.toString());
    return value.toString();
  }

  private double number() {
    return random.nextInt(2) == 0 ? random.nextInt() : random.nextDouble() * 1e20;
  }

  /** Cuts a text, or doubles or drops a character of it. */
  private String breakUp(String text) {
    int at = text.offsetByCodePoints(0, random.nextInt(text.codePointCount(0, text.length())));
    return switch (random.nextInt(3)) {
      case 0 -> text.substring(0, at);
      case 1 -> text.substring(0, at) + "Q" + text.substring(at);
      default -> text.substring(0, at) + text.substring(text.offsetByCodePoints(at, 1));
    };
  }
}
