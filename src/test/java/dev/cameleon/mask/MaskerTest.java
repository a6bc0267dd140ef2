package dev.cameleon.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.contract.PiiKind;
import dev.cameleon.support.FixedKeys;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaskerTest {
  private static final Map<String, PiiKind> PERSONAL =
      Map.of("ip", PiiKind.IP, "device_id", PiiKind.DEVICE);

  private final Masker masker = new Masker(FixedKeys.of(0x01020304, 0x0b), PERSONAL);

  /**
   * The expected texts were computed by OpenSSL, with the key 0b0b…0b (32 bytes), for example:
   *
   * <pre>printf 'ip\0004\001\002\003\004' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0b0b…0b
   *   -binary | head -c16 | basenc --base64url | tr -d =</pre>
   */
  @ParameterizedTest(name = "{1} as {0}")
  @CsvSource({
    "IP, 1.2.3.4, ip, ip_01020304_ovudm-4FpIHXDTzDuUSb2A",
    "IP, ::ffff:1.2.3.4, ip, ip_01020304_ovudm-4FpIHXDTzDuUSb2A",
    "IP, ::FFFF:0102:0304, ip, ip_01020304_ovudm-4FpIHXDTzDuUSb2A",
    "IP, 2001:db8::1, ip, ip_01020304_gJl1XN9y4M6TV0qLeh4VTg",
    "IP, 2001:0DB8:0:0:0:0:0:1, ip, ip_01020304_gJl1XN9y4M6TV0qLeh4VTg",
    "IP, not an address, ip, ip_01020304_jhEA3U6tx91MDfqNMtNw4Q",
    "DEVICE, 593-47-5928, device, device_01020304_3BHrVYtDwtwS2_JyAha1Lg",
    "DEVICE, abc, device, device_01020304_oAof-7_BLIZXUlD9eD2F1Q",
    "TEXT, ada@example.org, email, email_01020304_8N_RHZJyvxAfRKRqcY6-lg"
  })
  void aTokenIsWhatOpensslComputes(PiiKind kind, String value, String domain, String token) {
    assertThat(masker.token(kind, domain, value)).isEqualTo(token);
  }

  @Test
  void aSecondKeyMapsTheTokenOfTheFirst() {
    Masker rotated = new Masker(FixedKeys.of(0x01020304, 0x0b, 0x0a0b0c0d, 0xaa), PERSONAL);

    // printf 'ip_01020304_ovudm-4FpIHXDTzDuUSb2A' | openssl … hexkey:aaaa…aa
    assertThat(rotated.token(PiiKind.IP, "ip", "1.2.3.4"))
        .isEqualTo("ip_0a0b0c0d_WzpWE4aB27_ztd4KWJdyUQ");
  }

  @Test
  void aRenewedTokenIsTheOneThatTheNewestKeyGivesTheValue() {
    Masker two = new Masker(FixedKeys.of(0x01020304, 0x0b, 2, 0xaa), PERSONAL);
    Masker three = new Masker(FixedKeys.of(0x01020304, 0x0b, 2, 0xaa, 3, 0xbb), PERSONAL);
    String newest = three.token(PiiKind.TEXT, "e_mail", "ada@example.org");

    assertThat(three.renew(masker.token(PiiKind.TEXT, "e_mail", "ada@example.org")))
        .isEqualTo(newest);
    assertThat(three.renew(two.token(PiiKind.TEXT, "e_mail", "ada@example.org"))).isEqualTo(newest);
    assertThat(three.renew(newest)).isEqualTo(newest);
  }

  @Test
  void aTokenOfNoKeyOfTheKeysetIsNotRenewed() {
    Masker two = new Masker(FixedKeys.of(1, 0x0b, 2, 0xaa), PERSONAL);
    String foreign = masker.token(PiiKind.IP, "ip", "1.2.3.4");
    String erased = Token.random("ip");

    assertThat(two.renew(foreign)).isEqualTo(foreign);
    assertThat(two.renew(erased)).isEqualTo(erased);
  }

  @ParameterizedTest
  @CsvSource({
    "1.2.3.4, 01.2.3.4",
    "127.0.0.1, 127.1",
    "1.2.3.4, 16909060",
    "1.2.3.4, 1.2.3.4.",
    "1.2.3.4, ' 1.2.3.4'",
    "::1, ::1%eth0",
    "::1, [::1]",
    "::ffff:1.2.3.4, ::ffff:01.2.3.4",
    "1.2.3.4, 1.2.3.٤"
  })
  void aTextThatIsNotAStrictAddressIsMaskedAsAnotherValue(String address, String lookalike) {
    assertThat(masker.token(PiiKind.IP, "ip", lookalike))
        .isNotEqualTo(masker.token(PiiKind.IP, "ip", address));
  }

  @Test
  void composedAndDecomposedTextsAreOneValue() {
    assertThat(masker.token(PiiKind.TEXT, "name", "Zoe\u0308"))
        .isEqualTo(masker.token(PiiKind.TEXT, "name", "Zo\u00eb"));
  }

  @Test
  void equalValuesOfDifferentDomainsHaveDifferentTokens() {
    assertThat(tail(masker.token(PiiKind.TEXT, "a", "x")))
        .isNotEqualTo(tail(masker.token(PiiKind.TEXT, "b", "x")));
    assertThat(tail(masker.token(PiiKind.DEVICE, "device", "593475928")))
        .isNotEqualTo(tail(masker.token(PiiKind.DEVICE, "device", "593-47-5928")));
  }

  @Test
  void theHashOfAPersonIsTheOneThatOpensslComputes() {
    // printf '\377subject\000user-1' | openssl … hexkey:0b0b…0b
    assertThat(masker.subjects("user-1"))
        .containsExactly("subject_01020304_n2o1c3ZiR7lK8KAqqJII0w");
    // printf '\377check\000cameleon' | openssl … hexkey:0b0b…0b
    assertThat(masker.checkValues()).containsExactly("check_01020304_KknCU-ShkqtnG5BKupsM-w");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "subject",
        "check",
        "\u00ffsubject",
        "\u00ff",
        "",
        "\0",
        "\0subject",
        "subject\0",
        "subject\0r",
        "subject_",
        "subject_01020304",
        "ip",
        "device"
      })
  void noFieldsTokensMeetWhatCameleonDerivesForItself(String field) {
    Masker rotated = new Masker(FixedKeys.of(0x01020304, 0x0b, 2, 0xaa), PERSONAL);
    for (Masker keys : List.of(masker, rotated)) {
      List<String> own =
          Stream.of(keys.subjects("user-1"), keys.subjects("r1"), keys.checkValues())
              .flatMap(List::stream)
              .map(MaskerTest::tail)
              .toList();
      for (String value :
          List.of(
              "user-1", "r1", "1", "cameleon", "subject\0user-1", "\u00ffsubject\0user-1", "")) {
        for (PiiKind kind : PiiKind.values()) {
          assertThat(own).doesNotContain(tail(keys.token(kind, field, value)));
          assertThat(own).doesNotContain(tail(masker.token(kind, field, value)));
        }
      }
    }
  }

  @Test
  void aTokenIsMadeOnlyFromItsValueInAnySpelling() {
    Masker rotated = new Masker(FixedKeys.of(0x01020304, 0x0b, 2, 0xaa), PERSONAL);
    for (Masker keys : List.of(masker, rotated)) {
      assertThat(keys.makes(masker.token(PiiKind.IP, "ip", "1.2.3.4"), "::ffff:1.2.3.4")).isTrue();
      assertThat(keys.makes(keys.token(PiiKind.IP, "ip", "1.2.3.4"), "1.2.3.4")).isTrue();
      assertThat(keys.makes(keys.token(PiiKind.IP, "ip", "1.2.3.4"), "1.2.3.5")).isFalse();
      assertThat(keys.makes(keys.token(PiiKind.IP, "ip", "no address"), "no address")).isTrue();
      assertThat(keys.makes(keys.token(PiiKind.DEVICE, "device", "593-47-5928"), "593-47-5928"))
          .isTrue();
      assertThat(keys.makes(keys.token(PiiKind.TEXT, "e_mail", "a@b"), "a@b")).isTrue();
      assertThat(keys.makes(keys.token(PiiKind.TEXT, "e_mail", "a@b"), "a@c")).isFalse();
      assertThat(keys.makes(Token.random("ip"), "1.2.3.4")).isFalse();
    }
    assertThat(masker.makes(rotated.token(PiiKind.IP, "ip", "1.2.3.4"), "1.2.3.4")).isFalse();
  }

  @Test
  void aMaskedRecordHoldsTokensAndNullsAndNoPersonalValue() {
    ObjectNode event =
        JsonMapper.builder()
            .build()
            .createObjectNode()
            .put("user_id", "u1")
            .put("ip", "1.2.3.4")
            .putNull("device_id");

    MaskedRecord record = masker.maskEvent(event);

    assertThat(record.json())
        .isEqualTo(
            "{\"user_id\":\"u1\",\"ip\":\"ip_01020304_ovudm-4FpIHXDTzDuUSb2A\",\"device_id\":null}");
    assertThat(record.toString()).doesNotContain("u1").doesNotContain("ip_");
  }

  @Test
  void aPersonalValueThatIsNotTextNeverPasses() {
    ObjectNode event = JsonMapper.builder().build().createObjectNode().put("ip", 16909060);

    assertThatThrownBy(() -> masker.maskEvent(event))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageNotContaining("16909060");
  }

  private static String tail(String token) {
    return token.substring(token.lastIndexOf('_'));
  }
}
