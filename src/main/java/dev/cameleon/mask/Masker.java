package dev.cameleon.mask;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.contract.PiiKind;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * Replaces personal values by tokens: {@code <domain>_<key id>_<22 characters>}.
 *
 * <p>The 22 characters are base64url (RFC 4648 §5, unpadded) of the first 16 bytes of
 * HMAC-SHA256(key, domain ‖ 0x00 ‖ type ‖ canonical bytes) (RFC 2104). With more than one key in
 * the keyset, each further key maps the token before it: HMAC-SHA256(key, old token). Equal values
 * get equal tokens; without the key a token says nothing of its value. Thread-safe.
 */
public final class Masker {
  private static final int TOKEN_BYTES = 16;

  private final List<Keyset.Link> links;
  private final Map<String, PiiKind> personal;

  /**
   * Makes one.
   *
   * @param keyset the keys
   * @param personal the fields to mask, and as what
   */
  public Masker(Keyset keyset, Map<String, PiiKind> personal) {
    this.links = keyset.links();
    this.personal = Map.copyOf(personal);
  }

  /**
   * Masks one event. The only way to make a {@link MaskedRecord}.
   *
   * @param event an event that passed the contract; its personal fields are replaced in place
   */
  public MaskedRecord mask(ObjectNode event) {
    for (Map.Entry<String, PiiKind> field : personal.entrySet()) {
      JsonNode value = event.get(field.getKey());
      if (value == null || value.isNull()) {
        continue;
      }
      if (!value.isTextual()) {
        // The contract allows only text here; if it ever did not, nothing may pass unmasked.
        throw new IllegalStateException("field " + field.getKey() + " is not text");
      }
      PiiKind kind = field.getValue();
      event.put(field.getKey(), token(kind, kind.domain(field.getKey()), value.textValue()));
    }
    return new MaskedRecord(event.toString());
  }

  /**
   * The token of one value.
   *
   * @param domain keeps equal values of different meaning apart: {@code ip}, {@code device}, or the
   *     field's name
   */
  public String token(PiiKind kind, String domain, String value) {
    CanonicalForm form = CanonicalForm.of(kind, value);
    byte[] name = domain.getBytes(StandardCharsets.UTF_8);
    byte[] input = Arrays.copyOf(name, name.length + 2 + form.bytes().length);
    input[name.length + 1] = form.type();
    System.arraycopy(form.bytes(), 0, input, name.length + 2, form.bytes().length);
    String token = null;
    for (Keyset.Link link : links) {
      token = token(domain, link, input);
      input = token.getBytes(StandardCharsets.US_ASCII);
    }
    return token;
  }

  /** A value that depends on the keys alone: two processes with equal ones have equal keys. */
  String checkValue() {
    return token(PiiKind.TEXT, "check", "cameleon");
  }

  private static String token(String domain, Keyset.Link link, byte[] input) {
    try {
      byte[] mac = link.prf().compute(input, TOKEN_BYTES);
      return domain
          + '_'
          + link.id()
          + '_'
          + Base64.getUrlEncoder().withoutPadding().encodeToString(mac);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no HMAC-SHA256", e);
    }
  }
}
