package dev.cameleon.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.HexFormat;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/** The vault's AES-GCM and RSA-OAEP against Wycheproof's vectors. */
class EnvelopeVectorsTest {
  private static final HexFormat HEX = HexFormat.of();

  @ParameterizedTest(name = "aes_gcm_test {0} ({7})")
  @CsvFileSource(resources = "/vectors/aes_gcm_256.csv", useHeadersInDisplayName = true)
  void valuesAreSealedAndOpenedAsAesGcmSays(
      String id,
      String key,
      String iv,
      String aad,
      String msg,
      String ct,
      String tag,
      String result)
      throws Exception {
    SecretKey secret = new SecretKeySpec(bytes(key), "AES");
    byte[] sealed = bytes(iv + ct + tag);

    if (result.equals("valid")) {
      assertThat(Envelope.encrypt(Envelope.gcm(), secret, bytes(iv), bytes(aad), bytes(msg)))
          .isEqualTo(sealed);
      assertThat(Envelope.decrypt(secret, bytes(aad), sealed)).isEqualTo(bytes(msg));
    } else {
      assertThatThrownBy(() -> Envelope.decrypt(secret, bytes(aad), sealed))
          .isInstanceOf(GeneralSecurityException.class);
    }
  }

  @ParameterizedTest(name = "rsa_oaep_3072 {0}: {1} ({4})")
  @CsvFileSource(resources = "/vectors/rsa_oaep_3072_sha256.csv", useHeadersInDisplayName = true)
  void dataKeysAreOpenedAsOaepSays(String id, String comment, String msg, String ct, String result)
      throws Exception {
    PrivateKey key = privateKey();

    if (result.equals("valid")) {
      assertThat(Envelope.unwrap(key, bytes(ct))).isEqualTo(bytes(msg));
    } else {
      assertThatThrownBy(() -> Envelope.unwrap(key, bytes(ct)))
          .isInstanceOf(GeneralSecurityException.class);
    }
  }

  private static PrivateKey privateKey() throws Exception {
    try (InputStream hex =
        EnvelopeVectorsTest.class.getResourceAsStream("/vectors/rsa_oaep_3072_sha256.key.hex")) {
      String text = new String(hex.readAllBytes(), StandardCharsets.US_ASCII).strip();
      return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(bytes(text)));
    }
  }

  /** An empty column is null. */
  private static byte[] bytes(String hex) {
    return hex == null ? new byte[0] : HEX.parseHex(hex);
  }
}
