package dev.cameleon.mask;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.PiiKind;
import dev.cameleon.support.FixedKeys;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/** A keyset's function against the vectors of RFC 4231, and a token against that function. */
class HmacVectorsTest {
  private static final HexFormat HEX = HexFormat.of();

  @ParameterizedTest(name = "RFC 4231, test case {0}")
  @CsvFileSource(resources = "/vectors/rfc4231_hmac_sha256.csv", useHeadersInDisplayName = true)
  void aKeysetsFunctionIsHmacSha256(String testCase, String key, String data, String mac)
      throws Exception {
    Keyset keyset = FixedKeys.of(1, HEX.parseHex(key));

    byte[] output = keyset.links().get(0).prf().compute(HEX.parseHex(data), mac.length() / 2);

    assertThat(HEX.formatHex(output)).isEqualTo(mac);
  }

  @Test
  void aTokenIsThatFunctionOfDomainZeroTypeAndCanonicalBytes() throws Exception {
    Keyset keyset = FixedKeys.of(1, HEX.parseHex("0b".repeat(20)));
    Masker masker = new Masker(keyset, Map.of("ip", PiiKind.IP));

    // "ip", 0, "4", 192.0.2.7
    byte[] output =
        keyset.links().get(0).prf().compute(HEX.parseHex("6970" + "00" + "34" + "c0000207"), 16);

    assertThat(masker.token(PiiKind.IP, "ip", "192.0.2.7"))
        .isEqualTo("ip_00000001_" + Base64.getUrlEncoder().withoutPadding().encodeToString(output));
  }
}
