package dev.cameleon.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEHeader;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.JWEObjectJSON;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MultiDecrypter;
import com.nimbusds.jose.crypto.RSADecrypter;
import com.nimbusds.jose.crypto.RSAEncrypter;
import com.nimbusds.jose.jwk.RSAKey;
import dev.cameleon.support.Recipients;
import dev.cameleon.vault.Vault;
import java.security.KeyPair;
import java.security.interfaces.RSAPublicKey;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Interoperates with another JOSE library in both directions. */
class SealedBodyToolsTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String BODY = "{\"user_id\": \"grüße\", \"ip\": \"192.0.2.777\"}";

  private final KeyPair anna = Recipients.pair("anna");
  private final KeyPair ben = Recipients.pair("ben");
  private final List<Recipient> both =
      List.of(Recipient.of(anna.getPublic()), Recipient.of(ben.getPublic()));

  @Test
  void anotherLibraryOpensABodyForEachRecipient() throws Exception {
    String text = new Vault(both).seal(BODY, "shape").text();

    for (KeyPair each : List.of(anna, ben)) {
      JWEObjectJSON jwe = JWEObjectJSON.parse(text);
      jwe.decrypt(new MultiDecrypter(jwk(each)));
      assertThat(jwe.getPayload().toString()).startsWith(BODY + "\n").hasSize(256 - 2);
      assertThat(jwe.getPayload().toJSONObject()).containsEntry("user_id", "grüße");
      assertThat(jwe.getUnprotectedHeader().getParam("preview")).isEqualTo("shape");
    }
  }

  /** The algorithms are in the protected header, so five parts and dots are a JWE, too. */
  @Test
  void aToolThatOnlyKnowsTheCompactSerializationOpensItToo() throws Exception {
    JsonNode jwe = JSON.readTree(new Vault(both).seal(BODY, "").textWithoutPreview());
    JWEObject compact =
        JWEObject.parse(
            String.join(
                ".",
                jwe.get("protected").asText(),
                jwe.at("/recipients/1/encrypted_key").asText(),
                jwe.get("iv").asText(),
                jwe.get("ciphertext").asText(),
                jwe.get("tag").asText()));

    compact.decrypt(new RSADecrypter(ben.getPrivate()));
    assertThat(compact.getPayload().toString().strip()).isEqualTo(BODY);
  }

  @Test
  void aBodyThatAnotherLibrarySealedIsOpened() throws Exception {
    JWEHeader header =
        new JWEHeader.Builder(JWEAlgorithm.RSA_OAEP_256, EncryptionMethod.A256GCM)
            .type(new JOSEObjectType("cameleon-body"))
            .customParam("v", 2)
            .build();
    JWEObject compact = new JWEObject(header, new Payload(BODY + "\n"));
    compact.encrypt(new RSAEncrypter((RSAPublicKey) ben.getPublic()));
    String[] parts = compact.serialize().split("\\.", -1);
    ObjectNode jwe = JSON.createObjectNode().put("protected", parts[0]);
    jwe.withArray("recipients")
        .addObject()
        .put("encrypted_key", parts[1])
        .putObject("header")
        .put("kid", Recipient.of(ben.getPublic()).fingerprint());
    jwe.put("iv", parts[2]).put("ciphertext", parts[3]).put("tag", parts[4]);

    RecipientKey key =
        new RecipientKey(
            ben.getPublic(), sealedKey -> Envelope.unwrap(ben.getPrivate(), sealedKey));
    assertThat(SealedBody.open(jwe.toString(), key)).isEqualTo(BODY);
  }

  private static RSAKey jwk(KeyPair pair) {
    return new RSAKey.Builder((RSAPublicKey) pair.getPublic())
        .privateKey(pair.getPrivate())
        .keyID(Recipient.of(pair.getPublic()).fingerprint())
        .build();
  }
}
