package dev.cameleon.crypto;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.crypto.UnopenedException.Why;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.regex.Pattern;

/**
 * A message's body that only the recipients can read: a JWE in general JSON serialization (RFC 7516
 * §7.2.1), which any JOSE tool with a recipient's private key opens.
 *
 * <pre>{@code
 * {"protected": {"alg": "RSA-OAEP-256", "enc": "A256GCM", "typ": "cameleon-body", "v": 2},
 *  "recipients": [{"header": {"kid": fingerprint}, "encrypted_key": …}, …],
 *  "iv": …, "ciphertext": …, "tag": …,
 *  "unprotected": {"preview": the shape of the body}}
 * }</pre>
 *
 * <p>The plaintext is the body in UTF-8, a newline, and spaces up to a multiple of 256 bytes: the
 * padding hides the length, and JSON stays JSON. Anybody with the public keys can seal, so a body
 * that opens does not prove who sealed it, and a preview proves nothing.
 *
 * @param text the body to send
 * @param textWithoutPreview the body to send if there is no room for the preview
 */
public record SealedBody(String text, String textWithoutPreview) {
  private static final String TYPE = "cameleon-body";

  /** Format 1 was not a JWE: {@code {"sealed": {"v": 1, …}}}. */
  private static final int VERSION = 2;

  /**
   * A preview is for a quick look; for a body of 1 MiB a full one would exceed the limit of SQS.
   */
  private static final int MOST_PREVIEW_CHARS = 2000;

  /**
   * Costs little, and still gives an ordinary event of 170 bytes the same length as one that was
   * damaged twice.
   */
  private static final int STEP_BYTES = 256;

  private static final int TAG_BYTES = 16;
  private static final Pattern FINGERPRINT = Pattern.compile("[0-9a-f]{64}");
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final ObjectNode HEADER =
      JSON.createObjectNode()
          .put("alg", "RSA-OAEP-256")
          .put("enc", "A256GCM")
          .put("typ", TYPE)
          .put("v", VERSION);
  private static final String PROTECTED =
      base64(HEADER.toString().getBytes(StandardCharsets.US_ASCII));

  /**
   * Seals a body to the data key's recipients.
   *
   * @param body personal
   * @param preview shown to everybody; cut after 2000 characters
   */
  public static SealedBody seal(DataKey dataKey, String body, String preview) {
    ObjectNode jwe = JSON.createObjectNode().put("protected", PROTECTED);
    dataKey
        .sealedKeys()
        .forEach(
            (fingerprint, key) ->
                jwe.withArray("recipients")
                    .addObject()
                    .put("encrypted_key", base64(key))
                    .putObject("header")
                    .put("kid", fingerprint));
    byte[] sealed = dataKey.encrypt(PROTECTED.getBytes(StandardCharsets.US_ASCII), pad(body));
    int tag = sealed.length - TAG_BYTES;
    jwe.put("iv", base64(Arrays.copyOf(sealed, Envelope.NONCE_BYTES)))
        .put("ciphertext", base64(Arrays.copyOfRange(sealed, Envelope.NONCE_BYTES, tag)))
        .put("tag", base64(Arrays.copyOfRange(sealed, tag, sealed.length)));
    String bare = jwe.toString();
    jwe.putObject("unprotected").put("preview", shortened(preview));
    return new SealedBody(jwe.toString(), bare);
  }

  private static String shortened(String preview) {
    return preview.codePointCount(0, preview.length()) <= MOST_PREVIEW_CHARS
        ? preview
        : preview.substring(0, preview.offsetByCodePoints(0, MOST_PREVIEW_CHARS)) + "…";
  }

  private static byte[] pad(String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    byte[] padded = Arrays.copyOf(bytes, (bytes.length / STEP_BYTES + 1) * STEP_BYTES);
    Arrays.fill(padded, bytes.length, padded.length, (byte) ' ');
    padded[bytes.length] = '\n';
    return padded;
  }

  private static String unpad(byte[] padded) throws GeneralSecurityException {
    String text = new String(padded, StandardCharsets.UTF_8);
    int end = text.lastIndexOf('\n');
    if (end < 0 || !text.substring(end).isBlank()) {
      throw new GeneralSecurityException("invalid padding");
    }
    return text.substring(0, end);
  }

  /**
   * The preview of a sealed body, which needs no key. Anybody who may send to the queue can write
   * one: show it as untrusted text.
   *
   * @param messageBody the body of a dead letter whose attribute {@code body} is {@code sealed}
   * @return empty if it has none, or is not a sealed body
   */
  public static Optional<String> preview(String messageBody) {
    try {
      return Optional.ofNullable(parse(messageBody).at("/unprotected/preview").textValue());
    } catch (UnopenedException e) {
      return Optional.empty();
    }
  }

  /**
   * Opens the original body. A body may be sealed several times, if it was moved to the source
   * queue sealed and dead-lettered again; then this opens every layer that the key can open.
   *
   * @param messageBody the body of a dead letter whose attribute {@code body} is {@code sealed}
   * @return personal
   * @throws UnopenedException if it is not a sealed body, has another version, is not sealed to
   *     this key, or was changed
   */
  public static String open(String messageBody, RecipientKey key) throws UnopenedException {
    String text = openOuter(messageBody, key);
    while (true) { // terminates: each body is shorter than the one around it
      try {
        text = openOuter(text, key);
      } catch (UnopenedException e) {
        return text;
      }
    }
  }

  private static String openOuter(String messageBody, RecipientKey key) throws UnopenedException {
    JsonNode jwe = parse(messageBody);
    JsonNode encryptedKey = encryptedKey(jwe.path("recipients"), key);
    try {
      byte[] iv = bytes(jwe.path("iv"));
      byte[] ciphertext = bytes(jwe.path("ciphertext"));
      byte[] tag = bytes(jwe.path("tag"));
      if (!header(jwe).equals(HEADER)
          || iv.length != Envelope.NONCE_BYTES
          || tag.length != TAG_BYTES) {
        throw new GeneralSecurityException("not as it was sealed");
      }
      byte[] sealed =
          ByteBuffer.allocate(iv.length + ciphertext.length + tag.length)
              .put(iv)
              .put(ciphertext)
              .put(tag)
              .array();
      byte[] associated = jwe.path("protected").textValue().getBytes(StandardCharsets.US_ASCII);
      return unpad(key.decrypt(bytes(encryptedKey), associated, sealed));
    } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
      throw new UnopenedException(
          Why.CHANGED, "the sealed body was damaged or changed after it was sealed");
    }
  }

  /** Parses a sealed body of this version. */
  private static JsonNode parse(String messageBody) throws UnopenedException {
    JsonNode jwe = MissingNode.getInstance();
    JsonNode header = jwe;
    try {
      jwe = JSON.readTree(messageBody);
      header = header(jwe);
    } catch (IOException | IllegalArgumentException e) {
      // not a JWE
    }
    boolean ours = TYPE.equals(header.path("typ").textValue());
    int version = (ours ? header.path("v") : jwe.at("/sealed/v")).intValue();
    if (version == 0) {
      throw new UnopenedException(Why.NOT_SEALED, "Cameleon did not seal this body");
    }
    if (version != VERSION) {
      throw new UnopenedException(
          Why.ANOTHER_VERSION,
          "the body is sealed in format %d, but this version of Cameleon opens format %d: open it"
                  .formatted(version, VERSION)
              + " with the version that sealed it, or a newer one");
    }
    return jwe;
  }

  private static JsonNode header(JsonNode jwe) throws IOException {
    return JSON.readTree(bytes(jwe.path("protected")));
  }

  private static JsonNode encryptedKey(JsonNode recipients, RecipientKey key)
      throws UnopenedException {
    StringJoiner others = new StringJoiner(", ").setEmptyValue("nobody");
    for (JsonNode recipient : recipients) {
      String fingerprint = recipient.at("/header/kid").asText();
      if (fingerprint.equals(key.fingerprint())) {
        return recipient.path("encrypted_key");
      }
      if (FINGERPRINT.matcher(fingerprint).matches()) { // any other text is not shown
        others.add(Recipient.shortName(fingerprint));
      }
    }
    throw new UnopenedException(
        Why.ANOTHER_KEY,
        "the body is not sealed to this private key (%s) but to %s: use the private key of one of"
                .formatted(Recipient.shortName(key.fingerprint()), others)
            + " them");
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** Decodes base64; anything else yields an empty array. */
  private static byte[] bytes(JsonNode base64) {
    return Base64.getUrlDecoder().decode(base64.asText());
  }

  /** Leaves out the body. */
  @Override
  public String toString() {
    return "SealedBody";
  }
}
