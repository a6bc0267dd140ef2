package dev.cameleon.mask;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.contract.PiiKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Replaces personal values by tokens: {@code <domain>_<key id>_<22 characters>}.
 *
 * <p>The 22 characters are base64url (RFC 4648 §5, unpadded) of the first 16 bytes of
 * HMAC-SHA256(key, domain ‖ 0x00 ‖ type ‖ canonical bytes) (RFC 2104). With more than one key in
 * the keyset, each further key maps the token before it: HMAC-SHA256(key, old token). Equal values
 * get equal tokens; without the key a token says nothing of its value.
 *
 * <p>What Cameleon derives for itself begins with a byte that no field's name begins with:
 * HMAC-SHA256(key, 0xFF ‖ purpose ‖ 0x00 ‖ text in NFC as UTF-8). Thread-safe.
 */
public final class Masker {
  /** No byte of UTF-8 (RFC 3629 §1), so that no field's name begins with it. */
  private static final byte OWN = (byte) 0xff;

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
    Map<String, Original> originals = new LinkedHashMap<>();
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
      String token = token(kind, kind.domain(field.getKey()), value.textValue());
      originals.put(field.getKey(), new Original(token, value.textValue()));
      event.put(field.getKey(), token);
    }
    return new MaskedRecord(event, originals);
  }

  /**
   * The token of one value.
   *
   * @param domain keeps equal values of different meaning apart: {@code ip}, {@code device}, or the
   *     field's name
   */
  public String token(PiiKind kind, String domain, String value) {
    return last(tokens(kind, domain, value));
  }

  /**
   * Whether these keys make a token of a value: now, or before a rotation that is under way.
   *
   * @param token its domain says as what the value may have been masked
   */
  public boolean makes(String token, String value) {
    String domain = Token.domain(token);
    return Arrays.stream(PiiKind.values())
        .filter(kind -> kind.domain(domain).equals(domain))
        .anyMatch(kind -> tokens(kind, domain, value).contains(token));
  }

  /** Whether a value of {@link PiiKind#IP} is masked as an address, not as a mere text. */
  public static boolean isAddress(String value) {
    return CanonicalForm.of(PiiKind.IP, value).isAddress();
  }

  /**
   * The token that the newest key makes of a token of an older one: what a value loaded now gets.
   *
   * @return the token itself if it is the newest key's, or no key's of this keyset
   */
  public String renew(String token) {
    String renewed = token;
    for (int i = 1; i < links.size(); i++) {
      if (Token.keyId(renewed).equals(links.get(i - 1).id())) {
        renewed = token(Token.domain(renewed), links.get(i), bytes(renewed));
      }
    }
    return renewed;
  }

  /**
   * What stands for a person in the database where their user id must not: under the newest key and
   * under each before it.
   */
  public List<String> subjects(String user) {
    return own("subject", user);
  }

  /**
   * A value under each key that depends on the keys alone: two processes with equal ones have equal
   * keys.
   */
  List<String> checkValues() {
    return own("check", "cameleon");
  }

  private List<String> tokens(PiiKind kind, String domain, String value) {
    CanonicalForm form = CanonicalForm.of(kind, value);
    byte[] name = bytes(domain);
    return chain(
        domain,
        ByteBuffer.allocate(name.length + 2 + form.bytes().length)
            .put(name)
            .put((byte) 0)
            .put(form.type())
            .put(form.bytes())
            .array());
  }

  private List<String> own(String purpose, String text) {
    byte[] name = bytes(purpose);
    byte[] canonical = CanonicalForm.of(PiiKind.TEXT, text).bytes();
    return chain(
        purpose,
        ByteBuffer.allocate(1 + name.length + 1 + canonical.length)
            .put(OWN)
            .put(name)
            .put((byte) 0)
            .put(canonical)
            .array());
  }

  /** An input's token under the first key, under the first two, and so on. */
  private List<String> chain(String domain, byte[] first) {
    List<String> tokens = new ArrayList<>(links.size());
    byte[] input = first;
    for (Keyset.Link link : links) {
      tokens.add(token(domain, link, input));
      input = bytes(last(tokens));
    }
    return tokens;
  }

  private static String last(List<String> tokens) {
    return tokens.get(tokens.size() - 1);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String token(String domain, Keyset.Link link, byte[] input) {
    try {
      return Token.of(domain, link.id(), link.prf().compute(input, Token.BYTES));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no HMAC-SHA256", e);
    }
  }
}
