package dev.cameleon.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.crypto.UnopenedException.Why;
import dev.cameleon.support.Recipients;
import dev.cameleon.vault.Vault;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Why a sealed body is not opened, in words that hold nothing of it. */
class SealedBodyRefusalsTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String BODY = "{\"user_id\": \"zanzibar\"}";

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
  void whateverIsChangedInASealedBodyIsNoticed() throws Exception {
    String text = vault.seal(BODY, "shape").text();
    ObjectNode other = (ObjectNode) JSON.readTree(vault.seal(BODY, "shape").text());

    for (String part : List.of("entry", "value")) {
      ObjectNode changed = (ObjectNode) JSON.readTree(text);
      ((ObjectNode) changed.get("sealed")).set(part, other.get("sealed").get(part));
      assertThat(refusal(changed.toString(), anna).why()).as(part).isEqualTo(Why.CHANGED);
    }
    for (String part : List.of("entry", "keys/0/sealed_key", "value")) {
      String pointer = "/sealed/" + part;
      for (String by : List.of("", "AAAA", "äöü zanzibar")) {
        ObjectNode changed = (ObjectNode) JSON.readTree(text);
        String name = part.substring(part.lastIndexOf('/') + 1);
        String parent = pointer.substring(0, pointer.lastIndexOf('/'));
        ((ObjectNode) changed.at(parent)).put(name, by);
        assertThat(refusal(changed.toString(), anna).why()).as(part).isEqualTo(Why.CHANGED);
        ((ObjectNode) changed.at(parent)).remove(name);
        assertThat(refusal(changed.toString(), anna).why()).as(part).isEqualTo(Why.CHANGED);
      }
    }
  }

  @Test
  void aDataKeyOfAnotherSizeIsRefusedLikeAnyOtherChange() throws Exception {
    ObjectNode forged = (ObjectNode) JSON.readTree(vault.seal(BODY, "").text());
    ObjectNode sealed = (ObjectNode) forged.get("sealed");
    UUID entry = UUID.fromString(sealed.get("entry").asText());
    for (int length : new int[] {1, 16, 24, 33}) {
      SecretKeySpec key = new SecretKeySpec(new byte[length], "AES");
      byte[] sealedKey = Envelope.wrap(annaAlone.get(0).key(), key);
      ((ObjectNode) sealed.at("/keys/0")).put("sealed_key", sealedKey);
      if (length % 8 == 0) { // a key that AES takes, and that fits
        byte[] nonce = new byte[Envelope.NONCE_BYTES];
        sealed.put("value", Envelope.sealBody(Envelope.gcm(), key, nonce, entry, new byte[1]));
      }
      assertThat(refusal(forged.toString(), anna).why()).isEqualTo(Why.CHANGED);
    }
  }

  @Test
  void aBodyOfALaterFormatIsRefusedWithTheWayOut() throws Exception {
    String text = vault.seal(BODY, "shape").text().replace("\"v\":1", "\"v\":2");

    UnopenedException refusal = refusal(text, anna);
    assertThat(refusal.why()).isEqualTo(Why.ANOTHER_VERSION);
    assertThat(refusal).hasMessageContaining("format 2").hasMessageContaining("opens format 1");
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
        "{\"sealed\": {\"v\": 1"
      })
  void whatIsNotSealedIsSaidToBeSoWithoutQuotingIt(String body) {
    UnopenedException refusal = refusal(body, anna);

    assertThat(refusal.why()).isEqualTo(Why.NOT_SEALED);
    assertThat(refusal).hasMessageNotContaining("zanzibar").hasNoCause();
    assertThat(SealedBody.preview(body)).isEmpty();
  }

  @Test
  void namesThatSomebodyPutInThePlaceOfRecipientsAreNotShown() {
    UnopenedException refusal =
        refusal("{\"sealed\": {\"v\": 1, \"keys\": [{\"recipient\": \"zanzibar\"}]}}", anna);

    assertThat(refusal).hasMessageNotContaining("zanzibar").hasMessageContaining("nobody");
  }

  private static UnopenedException refusal(String text, RecipientKey key) {
    return catchThrowableOfType(UnopenedException.class, () -> SealedBody.open(text, key));
  }
}
