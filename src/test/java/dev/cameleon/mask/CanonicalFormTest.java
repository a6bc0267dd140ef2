package dev.cameleon.mask;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.contract.Contract;
import dev.cameleon.contract.PiiKind;
import dev.cameleon.support.FixedKeys;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Golden vectors. If one fails after an update of libphonenumber or Java, equal values would get
 * different tokens: do not correct the vector; keep the older version, or say in the changelog that
 * the tokens of such values change.
 */
class CanonicalFormTest {
  @TempDir private Path folder;

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "ada@example.org, e ada@example.org",
    "ADA@Example.ORG, e ada@example.org",
    "Ada.Lovelace+news@example.org, e ada.lovelace+news@example.org",
    "ada@bücher.example, e ada@xn--bcher-kva.example",
    "ada@BÜCHER.example, e ada@xn--bcher-kva.example",
    "ada@xn--bcher-kva.example, e ada@xn--bcher-kva.example",
    "ada@bu\u0308cher.example, e ada@xn--bcher-kva.example",
    "ada@straße.example, e ada@strasse.example",
    "ada@例え.テスト, e ada@xn--r8jz45g.xn--zckzah",
    "ada@ΠΑΡΆΔΕΙΓΜΑ.δοκιμή, e ada@xn--hxajbheg2az3al.xn--jxalpdlp",
    "JOSÉ@example.org, e josé@example.org",
    "JOSE\u0301@example.org, e josé@example.org",
    "İ@example.org, e i̇@example.org",
    "'\"a@b\"@example.org', 'e \"a@b\"@example.org'",
    "ada@[192.0.2.1], e ada@[192.0.2.1]",
    "' ada@example.org', 'e  ada@example.org'",
    "ada@-bad-.example, e ada@-bad-.example",
    "ada, r ada",
    "@example.org, r @example.org",
    "ada@, r ada@"
  })
  void mail(String value, String form) {
    assertThat(form(PiiKind.EMAIL, value, "")).isEqualTo(form);
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "+49 30 123456, '', p +4930123456",
    "+49 (0)30 123456, '', p +4930123456",
    "+49-30-123456, '', p +4930123456",
    "＋４９ ３０ １２３４５６, '', p +4930123456",
    "tel:+49-30-123456, '', p +4930123456",
    "+49 30 123456 ext. 7, '', p +4930123456;ext=7",
    "030 123456, DE, p +4930123456",
    "0049 30 123456, DE, p +4930123456",
    "+49 30 123456, US, p +4930123456",
    "(212) 555-0123, US, p +12125550123",
    "1-212-555-0123, US, p +12125550123",
    "011 49 30 123456, US, p +4930123456",
    "020 7946 0018, GB, p +442079460018",
    "+44 20 7946 0018, '', p +442079460018",
    "06 1234 5678, IT, p +390612345678",
    "+39 06 1234 5678, '', p +390612345678",
    "01 23 45 67 89, FR, p +33123456789",
    "8 (495) 123-45-67, RU, p +74951234567",
    "090-1234-5678, JP, p +819012345678",
    "098765 43210, IN, p +919876543210",
    "(11) 91234-5678, BR, p +5511912345678",
    "044 123 45 67, CH, p +41441234567",
    "1-800-FLOWERS, US, p +18003569377",
    "110, DE, p +49110",
    "030 123456, '', n 030123456",
    "(030) 123-456, '', n 030123456",
    "0049 30 123456, '', n 004930123456",
    "٠٣٠ ١٢٣, '', n 030123",
    "+999 123456, '', n 999123456",
    "unknown, DE, r unknown",
    "'', DE, 'r '"
  })
  void phone(String value, String country, String form) {
    assertThat(form(PiiKind.PHONE, value, country)).isEqualTo(form);
  }

  private static String form(PiiKind kind, String value, String country) {
    CanonicalForm form = CanonicalForm.of(kind, value, country);
    return (char) form.type() + " " + new String(form.bytes(), StandardCharsets.UTF_8);
  }

  @Test
  void valuesAreMaskedAtAnyDepthAndRandomAfterErasure() throws Exception {
    Files.writeString(
        folder.resolve("login.schema.json"),
        """
        {"properties": {
          "customer": {"type": "object", "properties": {
            "id": {"type": "integer", "x-subject": true},
            "email": {"type": "string", "x-pii": "email"},
            "phones": {"type": "array", "items": {"type": ["string", "null"], "x-pii": "phone", "x-country": "DE"}}}},
          "lines": {"type": "array", "items": {"type": "object", "properties": {
            "note": {"type": "string", "x-pii": "text"}, "sku": {"type": "string"}}}},
          "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"$ref": "#/$defs/ip"}], "items": false}},
         "$defs": {"ip": {"type": "string", "x-pii": "ip"}}}
        """);
    Contract contract = Contract.read(folder.resolve("login.schema.json"));
    Masker masker = new Masker(FixedKeys.of(0x01020304, 0x0b), contract.personal());
    ObjectNode event =
        (ObjectNode)
            JsonMapper.builder()
                .build()
                .readTree(
                    """
                    {"customer": {"id": 7, "email": "Ada@Example.org", "phones": ["030 123456", null, "+4930123456"]},
                     "lines": [{"note": "Zoe", "sku": "a"}, {"sku": "b"}], "pair": ["plain", "192.0.2.1"]}
                    """);

    MaskedRecord record = masker.mask(List.of(event)).events().get(0);

    String phone = masker.token(PiiKind.PHONE, "phone", "+49 30 123456");
    assertThat(record.user()).isEqualTo("7");
    assertThat(record.json())
        .isEqualTo(
            "{\"customer\":{\"id\":7,\"email\":\"%s\",\"phones\":[\"%s\",null,\"%s\"]},"
                    .formatted(
                        masker.token(PiiKind.EMAIL, "email", "ada@example.org"), phone, phone)
                + "\"lines\":[{\"note\":\"%s\",\"sku\":\"a\"},{\"sku\":\"b\"}],\"pair\":[\"plain\",\"%s\"]}"
                    .formatted(
                        masker.token(PiiKind.TEXT, "lines.note", "Zoe"),
                        masker.token(PiiKind.IP, "ip", "192.0.2.1")));
    assertThat(record.originals())
        .extracting(Original::value)
        .containsExactlyInAnyOrder(
            "Ada@Example.org", "030 123456", "+4930123456", "Zoe", "192.0.2.1");
    assertThat(masker.makes(phone, "030 123456")).as("by one of all countries").isTrue();
    assertThat(masker.makes(phone, "030 123457")).isFalse();

    MaskedRecord erased = record.erased();
    assertThat(erased.json())
        .matches(
            ("\\{\"customer\":\\{\"id\":-\\d+,\"email\":\"email_00000000_T\",\"phones\":\\[\"phone_00000000_T\","
                    + "null,\"phone_00000000_T\"]},\"lines\":\\[\\{\"note\":\"lines.note_00000000_T\",\"sku\":\"a\"},"
                    + "\\{\"sku\":\"b\"}],\"pair\":\\[\"plain\",\"ip_00000000_T\"]}")
                .replace("_T", "_[A-Za-z0-9_-]{22}"));
    assertThat(erased.originals()).isEmpty();
  }
}
