package dev.cameleon.crypto;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.crypto.UnopenedException.Why;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * A message's body that only the recipients can read, as the text that stands for it:
 *
 * <pre>{@code
 * {"sealed": {"v": 1, "entry": a UUID, "keys": [{"recipient": fingerprint, "sealed_key": base64}],
 *             "value": base64},
 *  "preview": what anybody may see of it}
 * }</pre>
 *
 * <p>{@code value} is the body's UTF-8 under a data key, {@code sealed_key} the data key under a
 * recipient's public key, both as the vault does it ({@link Envelope}). Whoever has the public keys
 * can seal: that a body can be opened does not prove who sealed it, and a preview proves nothing.
 */
public final class SealedBody {
  private static final int VERSION = 1;

  /** A preview is for a look; of a body of 1 MiB it would be larger than what SQS takes. */
  private static final int MOST_PREVIEW_CHARS = 2000;

  private static final Pattern FINGERPRINT = Pattern.compile("[0-9a-f]{64}");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final ObjectNode sealed;
  private final String preview;

  private SealedBody(ObjectNode sealed, String preview) {
    this.sealed = sealed;
    this.preview = preview;
  }

  public static SealedBody seal(DataKey dataKey, String body, String preview) {
    UUID entry = UUID.randomUUID();
    byte[] value = dataKey.sealBody(Envelope.gcm(), entry, body.getBytes(StandardCharsets.UTF_8));
    ObjectNode sealed =
        JsonNodeFactory.instance.objectNode().put("v", VERSION).put("entry", entry.toString());
    dataKey
        .sealedKeys()
        .forEach(
            (recipient, key) ->
                sealed
                    .withArray("keys")
                    .addObject()
                    .put("recipient", recipient)
                    .put("sealed_key", key));
    sealed.put("value", value);
    return new SealedBody(sealed, shortened(preview));
  }

  private static String shortened(String preview) {
    return preview.codePointCount(0, preview.length()) <= MOST_PREVIEW_CHARS
        ? preview
        : preview.substring(0, preview.offsetByCodePoints(0, MOST_PREVIEW_CHARS)) + "…";
  }

  /** The body to send. */
  public String text() {
    return object().put("preview", preview).toString();
  }

  /** The body to send where there is no room for a preview. */
  public String textWithoutPreview() {
    return object().toString();
  }

  private ObjectNode object() {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.set("sealed", sealed);
    return object;
  }

  /**
   * What may be seen of a sealed body without a key. Anybody who may send to the queue can write
   * one: it is to be shown as text that is not trusted.
   *
   * @param messageBody the body of a dead letter whose attribute {@code body} is {@code sealed}
   * @return empty if it has none, or is no sealed body
   */
  public static Optional<String> preview(String messageBody) {
    try {
      JsonNode preview = parse(messageBody).path("preview");
      return preview.isTextual() ? Optional.of(preview.textValue()) : Optional.empty();
    } catch (UnopenedException e) {
      return Optional.empty();
    }
  }

  /**
   * The original body. Of one that was sealed several times, having been moved to the source queue
   * as it was and dead-lettered again, the innermost that this key opens.
   *
   * @param messageBody the body of a dead letter whose attribute {@code body} is {@code sealed}
   * @return personal
   * @throws UnopenedException if it is no sealed body, or of another version, or not sealed to this
   *     key, or was changed
   */
  public static String open(String messageBody, RecipientKey key) throws UnopenedException {
    String text = openOuter(messageBody, key);
    while (true) { // ends: each is shorter than the one around it
      try {
        text = openOuter(text, key);
      } catch (UnopenedException e) {
        return text;
      }
    }
  }

  private static String openOuter(String messageBody, RecipientKey key) throws UnopenedException {
    JsonNode sealed = parse(messageBody).path("sealed");
    try {
      byte[] sealedKey = keyFor(sealed.path("keys"), key);
      UUID entry = UUID.fromString(sealed.path("entry").asText());
      byte[] body = key.openBody(sealedKey, entry, bytes(sealed.path("value")));
      return new String(body, StandardCharsets.UTF_8);
    } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
      throw new UnopenedException(
          Why.CHANGED, "the sealed body was damaged or changed after it was sealed");
    }
  }

  /** The object, if it is one of this version. */
  private static JsonNode parse(String messageBody) throws UnopenedException {
    JsonNode object;
    try {
      object = JSON.readTree(messageBody);
    } catch (JsonProcessingException e) {
      object = JsonNodeFactory.instance.missingNode();
    }
    JsonNode version = object.path("sealed").path("v");
    if (!version.isInt()) {
      throw new UnopenedException(Why.NOT_SEALED, "Cameleon did not seal this body");
    }
    if (version.intValue() != VERSION) {
      throw new UnopenedException(
          Why.ANOTHER_VERSION,
          "the body is sealed in format "
              + version.intValue()
              + ", but this version of Cameleon opens format "
              + VERSION
              + ": open it with the version that sealed it, or a newer one");
    }
    return object;
  }

  private static byte[] keyFor(JsonNode keys, RecipientKey key)
      throws UnopenedException, IOException {
    StringJoiner others = new StringJoiner(", ");
    for (JsonNode each : keys) {
      String recipient = each.path("recipient").asText();
      if (recipient.equals(key.fingerprint())) {
        return bytes(each.path("sealed_key"));
      }
      if (FINGERPRINT.matcher(recipient).matches()) { // whatever else it is, it is not to be shown
        others.add(Recipient.shortName(recipient));
      }
    }
    throw new UnopenedException(
        Why.ANOTHER_KEY,
        "the body is not sealed to this private key ("
            + Recipient.shortName(key.fingerprint())
            + ") but to "
            + (others.length() == 0 ? "nobody" : others)
            + ": use the private key of one of them");
  }

  private static byte[] bytes(JsonNode base64) throws IOException {
    if (!base64.isTextual()) {
      throw new IOException("not base64");
    }
    return base64.binaryValue();
  }

  /** Redacted. */
  @Override
  public String toString() {
    return "SealedBody[" + sealed.path("entry").asText() + "]";
  }
}
