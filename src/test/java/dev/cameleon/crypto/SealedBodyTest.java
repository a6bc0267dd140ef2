package dev.cameleon.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.crypto.UnopenedException.Why;
import dev.cameleon.mask.Original;
import dev.cameleon.support.Recipients;
import dev.cameleon.vault.Vault;
import dev.cameleon.vault.VaultEntries;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The form of a sealed body, who can open it, and the messages for others. */
class SealedBodyTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String BODY = "{\"user_id\": \"zanzibar\", \"ip\": \"203.0.113.77\"}";

  @TempDir private static Path folder;
  private static RecipientKey anna;
  private static RecipientKey ben;
  private static List<Recipient> annaAlone;
  private static List<Recipient> benAlone;

  private final Vault vault = new Vault(annaAlone);

  @BeforeAll
  static void makeTwoRecipients() throws Exception {
    anna = PrivateKeyFile.read(Recipients.add(folder.resolve("a"), "anna"));
    ben = PrivateKeyFile.read(Recipients.add(folder.resolve("b"), "ben"));
    annaAlone = Recipient.read(folder.resolve("a/recipients"));
    benAlone = Recipient.read(folder.resolve("b/recipients"));
  }

  @Test
  void eachRecipientAloneOpensABodyAndNobodyElseDoes() throws Exception {
    RecipientKey eve = PrivateKeyFile.read(Recipients.add(folder, "eve"));
    List<Recipient> both = List.of(annaAlone.get(0), benAlone.get(0));
    String text = new Vault(both).seal(BODY, "shape").text();

    assertThat(text).doesNotContain("zanzibar", "203.0.113.77");
    assertThat(SealedBody.open(text, anna)).isEqualTo(BODY);
    assertThat(SealedBody.open(text, ben)).isEqualTo(BODY);
    UnopenedException refusal =
        catchThrowableOfType(UnopenedException.class, () -> SealedBody.open(text, eve));
    assertThat(refusal.why()).isEqualTo(Why.ANOTHER_KEY);
    assertThat(refusal)
        .hasMessageContaining(eve.fingerprint().substring(0, 16))
        .hasMessageContaining(anna.fingerprint().substring(0, 16))
        .hasMessageContaining(ben.fingerprint().substring(0, 16));
  }

  @Test
  void theTextHasTheDocumentedForm() throws Exception {
    JsonNode text = JSON.readTree(vault.seal(BODY, "shape").text());

    assertThat(text.fieldNames())
        .toIterable()
        .containsExactly("protected", "recipients", "iv", "ciphertext", "tag", "unprotected");
    assertThat(text.get("unprotected")).hasToString("{\"preview\":\"shape\"}");
    assertThat(new String(base64(text.get("protected")), StandardCharsets.US_ASCII))
        .isEqualTo(
            "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"typ\":\"cameleon-body\",\"v\":2}");
    assertThat(text.get("recipients")).hasSize(1);
    assertThat(text.at("/recipients/0/header"))
        .hasToString("{\"kid\":\"" + anna.fingerprint() + "\"}");
    assertThat(base64(text.at("/recipients/0/encrypted_key"))).hasSize(384);
    assertThat(base64(text.get("iv"))).hasSize(12);
    assertThat(base64(text.get("ciphertext"))).hasSize(256);
    assertThat(base64(text.get("tag"))).hasSize(16);
  }

  private static byte[] base64(JsonNode text) {
    return Base64.getUrlDecoder().decode(text.textValue());
  }

  /** Made with Python's jwcrypto: a body on a queue must open with every later version. */
  @Test
  void aBodyThatAnotherToolSealedIsOpened() throws Exception {
    byte[] pkcs8 = HexFormat.of().parseHex(resource("rsa_oaep_3072_sha256.key.hex").strip());
    Path file = folder.resolve("vector.key");
    Files.writeString(file, Recipients.pem("PRIVATE KEY", pkcs8));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    String text = resource("sealed_body_v2.json");

    assertThat(SealedBody.open(text, PrivateKeyFile.read(file)))
        .isEqualTo("{\"user_id\": \"grüße\", \"ip\": \"192.0.2.777\"}");
    assertThat(SealedBody.preview(text)).contains("{\"ip\": \"•••\"}");
  }

  private static String resource(String name) throws Exception {
    try (InputStream in = SealedBodyTest.class.getResourceAsStream("/vectors/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  static List<String> bodies() {
    return List.of(
        "",
        "x",
        "null",
        "\u0080\u0000",
        " \n x \n\n  ",
        "\n".repeat(256),
        "€".repeat(350_000),
        "{\"sealed\": {\"v\": 1}}",
        "{\"protected\": \"e30\", \"recipients\": []}",
        "[[[");
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void anyBodyComesBackAsItWas(String body) throws Exception {
    assertThat(SealedBody.open(vault.seal(body, "").text(), anna)).isEqualTo(body);
    assertThat(SealedBody.open(vault.seal(body, "").textWithoutPreview(), anna)).isEqualTo(body);
  }

  @ParameterizedTest(name = "{0} bytes: {1}")
  @CsvSource({"0,256", "170,256", "255,256", "256,512", "511,512", "700000,700160"})
  void lengthsAreHiddenInStepsThatCostLittle(int length, int padded) throws Exception {
    JsonNode text = JSON.readTree(vault.seal("x".repeat(length), "").text());

    assertThat(base64(text.get("ciphertext"))).hasSize(padded);
  }

  @Test
  void equalBodiesShareNothingButTheKeyOfTheirHour() throws Exception {
    Set<String> values = new HashSet<>();
    Set<String> nonces = new HashSet<>();
    Set<String> keys = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      JsonNode sealed = JSON.readTree(vault.seal(BODY, "").text());
      values.add(sealed.get("ciphertext").asText());
      nonces.add(sealed.get("iv").asText());
      keys.add(sealed.get("recipients").toString());
    }

    assertThat(values).hasSize(1000);
    assertThat(nonces).hasSize(1000);
    assertThat(keys).hasSize(1);
  }

  @Test
  void theKeyThatTravelsWithABodyOpensNoEntryOfTheDatabase() throws Exception {
    VaultEntries entries = vault.entries();
    entries.add(UUID.randomUUID().toString(), List.of(new Original("t", "v")));
    JsonNode written = JSON.readTree(entries.json(Optional.empty()));
    JsonNode sealed = JSON.readTree(vault.seal(BODY, "").text());
    byte[] bodysKey = base64(sealed.at("/recipients/0/encrypted_key"));
    JsonNode entry = written.get("entries").get(0);
    UUID id = UUID.fromString(entry.get("entry").asText());

    assertThat(written.get("keys").get(0).get("sealed_key").binaryValue()).isNotEqualTo(bodysKey);
    assertThatThrownBy(() -> anna.open(bodysKey, id, entry.get("value").binaryValue()))
        .isInstanceOf(GeneralSecurityException.class);
  }

  @Test
  void aBodyDoesNotPassForAnEntryNorAnEntryForABody() throws Exception {
    DataKey key = new DataKey(annaAlone, 0);
    byte[] sealedKey = key.sealedKeys().get(anna.fingerprint());
    UUID id = UUID.randomUUID();
    byte[] entry = key.seal(Envelope.gcm(), id, new byte[7]);
    JsonNode body = JSON.readTree(SealedBody.seal(key, BODY, "").text());
    ObjectNode forged = body.deepCopy();
    replaceSealed(forged, entry);

    assertThat(anna.open(sealedKey, id, entry)).isEqualTo(new byte[7]);
    assertThat(SealedBody.open(body.toString(), anna)).isEqualTo(BODY);
    assertThatThrownBy(() -> anna.open(sealedKey, id, sealed(body)))
        .isInstanceOf(GeneralSecurityException.class);
    UnopenedException refusal =
        catchThrowableOfType(
            UnopenedException.class, () -> SealedBody.open(forged.toString(), anna));
    assertThat(refusal.why()).isEqualTo(Why.CHANGED);
  }

  /** Nonce, ciphertext and tag, as in the vault. */
  private static byte[] sealed(JsonNode jwe) {
    byte[] ciphertext = base64(jwe.get("ciphertext"));
    return ByteBuffer.allocate(12 + ciphertext.length + 16)
        .put(base64(jwe.get("iv")))
        .put(ciphertext)
        .put(base64(jwe.get("tag")))
        .array();
  }

  static void replaceSealed(ObjectNode jwe, byte[] sealed) {
    int tag = sealed.length - 16;
    jwe.put("iv", base64(Arrays.copyOf(sealed, 12)))
        .put("ciphertext", base64(Arrays.copyOfRange(sealed, 12, tag)))
        .put("tag", base64(Arrays.copyOfRange(sealed, tag, sealed.length)));
  }

  static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  @Test
  void aBodyThatWasMovedBackAsItWasAndSealedAgainIsOpenedToItsCore() throws Exception {
    String twice = vault.seal(vault.seal(BODY, "shape").text(), "shape of the seal").text();
    String thrice = new Vault(annaAlone).seal(twice, "").text();

    assertThat(SealedBody.open(thrice, anna)).isEqualTo(BODY);
  }

  @Test
  void aBodyWhoseCoreIsForOthersIsOpenedAsFarAsThisKeyGoes() throws Exception {
    String inner = new Vault(benAlone).seal(BODY, "").text();

    assertThat(SealedBody.open(vault.seal(inner, "").text(), anna)).isEqualTo(inner);
  }

  @Test
  void aLongPreviewIsShortenedAndNoCharacterIsCutInTwo() throws Exception {
    SealedBody sealed = vault.seal(BODY, "😀".repeat(5000));

    assertThat(SealedBody.preview(sealed.text())).contains("😀".repeat(2000) + "…");
    assertThat(SealedBody.preview(sealed.textWithoutPreview())).isEmpty();
  }

  @Test
  void nothingShowsTheBodyOrThePreview() {
    assertThat(vault.seal(BODY, "zanzibar").toString())
        .isEqualTo("SealedBody")
        .doesNotContain("zanzibar");
  }

  @Test
  void withoutRecipientsNothingIsSealed() {
    Vault none = new Vault(List.of());

    assertThatThrownBy(() -> none.seal(BODY, "")).isInstanceOf(IllegalStateException.class);
  }
}
