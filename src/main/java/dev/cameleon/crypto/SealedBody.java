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
 * A message's body that only the recipients can read, in this JSON format:
 *
 * <pre>{@code
 * {"sealed": {"v": 1, "entry": a UUID, "keys": [{"recipient": fingerprint, "sealed_key": base64}],
 *             "value": base64},
 *  "preview": the shape of the body}
 * }</pre>
 *
 * <p>{@code value} is the body in UTF-8 under a data key, {@code sealed_key} the data key under a
 * recipient's public key, both as in the vault ({@link Envelope}). Whoever has the public keys can
 * seal: a body that opens does not prove who sealed it, and a preview proves nothing.
 */
public final class SealedBody {
  private static final int VERSION = 1;

  /**
   * A preview is for a quick look; for a body of 1 MiB a full one would exceed the limit of SQS.
   */
  private static final int MOST_PREVIEW_CHARS = 2000;

  private static final Pattern FINGERPRINT = Pattern.compile("[0-9a-f]{64}");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final ObjectNode sealed;
  private final String preview;

  private SealedBody(ObjectNode sealed, String preview) {
    this.sealed = sealed;
    this.preview = preview;
  }

  /**
   * Seals a body to the data key's recipients.
   *
   * @param body personal
   * @param preview shown to everybody; cut after 2000 characters
   */
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

  /** The body to send if there is no room for the preview. */
  public String textWithoutPreview() {
    return object().toString();
  }

  private ObjectNode object() {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.set("sealed", sealed);
    return object;
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
      JsonNode preview = parse(messageBody).path("preview");
      return preview.isTextual() ? Optional.of(preview.textValue()) : Optional.empty();
    } catch (UnopenedException e) {
      return Optional.empty();
    }
  }

  /**
   * Opens the original body. A body may be sealed several times, if it was moved to the source
   * queue sealed and dead-lettered again: then the innermost that this key opens.
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

  /** Parses a sealed body of this version. */
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
      if (FINGERPRINT.matcher(recipient).matches()) { // any other text is not shown
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

  /** Without the body. */
  @Override
  public String toString() {
    return "SealedBody[" + sealed.path("entry").asText() + "]";
  }
}
