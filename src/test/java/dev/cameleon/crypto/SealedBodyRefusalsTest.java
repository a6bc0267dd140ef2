package dev.cameleon.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.crypto.UnopenedException.Why;
import dev.cameleon.support.Recipients;
import dev.cameleon.vault.Vault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The reasons why a sealed body is not opened; the messages quote none of it. */
class SealedBodyRefusalsTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String BODY = "{\"user_id\": \"zanzibar\"}";
  private static final String HEADER =
      "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"typ\":\"cameleon-body\",\"v\":2}";

  @TempDir private static Path folder;
  private static RecipientKey anna;
  private static List<Recipient> annaAlone;

  private final Vault vault = new Vault(annaAlone);

  @BeforeAll
  static void makeARecipient() throws Exception {
    anna = PrivateKeyFile.read(Recipients.add(folder, "anna"));
    annaAlone = Recipient.read(folder.resolve("recipients"));
  }

  @Test
  void anyChangeOfASealedBodyIsNoticed() throws Exception {
    String text = vault.seal(BODY, "shape").text();
    ObjectNode other = (ObjectNode) JSON.readTree(vault.seal(BODY, "shape").text());

    for (String part : List.of("iv", "ciphertext", "tag")) {
      ObjectNode changed = (ObjectNode) JSON.readTree(text);
      changed.set(part, other.get(part));
      assertThat(refusal(changed.toString(), anna).why()).as(part).isEqualTo(Why.CHANGED);
    }
    for (String pointer : List.of("/iv", "/recipients/0/encrypted_key", "/ciphertext", "/tag")) {
      for (String by : List.of("", "AAAA", "äöü zanzibar")) {
        ObjectNode changed = (ObjectNode) JSON.readTree(text);
        String name = pointer.substring(pointer.lastIndexOf('/') + 1);
        String parent = pointer.substring(0, pointer.lastIndexOf('/'));
        ((ObjectNode) changed.at(parent)).put(name, by);
        assertThat(refusal(changed.toString(), anna).why()).as(pointer).isEqualTo(Why.CHANGED);
        ((ObjectNode) changed.at(parent)).remove(name);
        assertThat(refusal(changed.toString(), anna).why()).as(pointer).isEqualTo(Why.CHANGED);
      }
    }
  }

  /**
   * The same header written differently, another algorithm, or a parameter that would change the
   * plaintext.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"alg\":\"RSA-OAEP-256\", \"enc\":\"A256GCM\",\"typ\":\"cameleon-body\",\"v\":2}",
        "{\"alg\":\"RSA1_5\",\"enc\":\"A256GCM\",\"typ\":\"cameleon-body\",\"v\":2}",
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\",\"typ\":\"cameleon-body\",\"v\":2}",
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"typ\":\"cameleon-body\",\"v\":2,\"zip\":\"DEF\"}",
        "{\"typ\":\"cameleon-body\",\"v\":2}"
      })
  void anotherHeaderIsNoticed(String header) throws Exception {
    ObjectNode changed = (ObjectNode) JSON.readTree(vault.seal(BODY, "shape").text());
    changed.put("protected", base64(header));

    assertThat(refusal(changed.toString(), anna).why()).isEqualTo(Why.CHANGED);
  }

  @Test
  void theBordersBetweenItsPartsCannotBeMoved() throws Exception {
    ObjectNode changed = (ObjectNode) JSON.readTree(vault.seal(BODY, "shape").text());
    String iv = changed.get("iv").asText(); // 16 characters: 12 whole bytes
    changed.put("ciphertext", iv.substring(8) + changed.get("ciphertext").asText());
    changed.put("iv", iv.substring(0, 8));

    assertThat(refusal(changed.toString(), anna).why()).isEqualTo(Why.CHANGED);
  }

  @Test
  void aDataKeyOfAnotherSizeIsRefusedLikeAnyOtherChange() throws Exception {
    ObjectNode forged = (ObjectNode) JSON.readTree(vault.seal(BODY, "").text());
    byte[] associated = forged.get("protected").asText().getBytes(StandardCharsets.US_ASCII);
    byte[] padded = ("\n" + " ".repeat(255)).getBytes(StandardCharsets.US_ASCII);
    for (int length : new int[] {1, 16, 24, 33}) {
      SecretKeySpec key = new SecretKeySpec(new byte[length], "AES");
      byte[] sealedKey = Envelope.wrap(annaAlone.get(0).key(), key);
      ((ObjectNode) forged.at("/recipients/0"))
          .put("encrypted_key", SealedBodyTest.base64(sealedKey));
      if (length % 8 == 0) { // a length that AES accepts
        byte[] nonce = new byte[Envelope.NONCE_BYTES];
        SealedBodyTest.replaceSealed(
            forged, Envelope.encrypt(Envelope.gcm(), key, nonce, associated, padded));
      }
      assertThat(refusal(forged.toString(), anna).why()).isEqualTo(Why.CHANGED);
    }
  }

  @Test
  void aBodyThatIsNotPaddedIsRefused() throws Exception {
    ObjectNode forged = (ObjectNode) JSON.readTree(vault.seal(BODY, "").text());
    byte[] associated = forged.get("protected").asText().getBytes(StandardCharsets.US_ASCII);
    DataKey key = new DataKey(annaAlone, 0);
    ((ObjectNode) forged.at("/recipients/0"))
        .put("encrypted_key", SealedBodyTest.base64(key.sealedKeys().get(anna.fingerprint())));
    for (String plain : List.of("", "zanzibar", "\n zanzibar", "   ")) {
      byte[] sealed = key.encrypt(associated, plain.getBytes(StandardCharsets.US_ASCII));
      SealedBodyTest.replaceSealed(forged, sealed);
      assertThat(refusal(forged.toString(), anna).why()).isEqualTo(Why.CHANGED);
    }
  }

  @Test
  void aBodyOfALaterFormatIsRefusedWithTheRemedy() throws Exception {
    ObjectNode later = (ObjectNode) JSON.readTree(vault.seal(BODY, "shape").text());
    String text = later.put("protected", base64(HEADER.replace("2}", "3}"))).toString();

    UnopenedException refusal = refusal(text, anna);
    assertThat(refusal.why()).isEqualTo(Why.ANOTHER_VERSION);
    assertThat(refusal).hasMessageContaining("format 3").hasMessageContaining("opens format 2");
    assertThat(SealedBody.preview(text)).isEmpty();
  }

  @Test
  void aBodyOfTheFormatBeforeJweIsRefusedWithTheRemedy() {
    String text =
        "{\"sealed\": {\"v\": 1, \"entry\": \"\", \"keys\": [], \"value\": \"\"}, \"preview\": \"\"}";

    UnopenedException refusal = refusal(text, anna);
    assertThat(refusal.why()).isEqualTo(Why.ANOTHER_VERSION);
    assertThat(refusal).hasMessageContaining("format 1").hasMessageContaining("opens format 2");
    assertThat(SealedBody.preview(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "zanzibar",
        "[]",
        "{\"sealed\": \"zanzibar\"}",
        "{\"sealed\": {\"v\": \"zanzibar\"}}",
        "{\"sealed\": {\"v\": 1",
        "{\"protected\": \"zanzibar\"}",
        "{\"protected\": \"äöü zanzibar\"}",
        "{\"protected\": {\"typ\": \"cameleon-body\", \"v\": 2}}",
        "{\"protected\": \"eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2R0NNIn0\"}"
      })
  void anUnsealedBodyIsReportedWithoutQuotingIt(String body) {
    UnopenedException refusal = refusal(body, anna);

    assertThat(refusal.why()).isEqualTo(Why.NOT_SEALED);
    assertThat(refusal).hasMessageNotContaining("zanzibar").hasNoCause();
    assertThat(SealedBody.preview(body)).isEmpty();
  }

  @Test
  void invalidNamesOfRecipientsAreNotShown() {
    String text =
        "{\"protected\": \""
            + base64(HEADER)
            + "\", \"recipients\": [{\"header\": {\"kid\": \"zanzibar\"}}]}";

    UnopenedException refusal = refusal(text, anna);

    assertThat(refusal).hasMessageNotContaining("zanzibar").hasMessageContaining("nobody");
  }

  private static String base64(String text) {
    return SealedBodyTest.base64(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static UnopenedException refusal(String text, RecipientKey key) {
    return catchThrowableOfType(UnopenedException.class, () -> SealedBody.open(text, key));
  }
}
