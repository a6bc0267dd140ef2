package dev.cameleon.mask;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.contract.Personal;
import dev.cameleon.contract.PiiField;
import dev.cameleon.contract.PiiKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.camel.Handler;

/**
 * Replaces personal values with tokens: {@code <domain>_<key id>_<22 characters>}.
 *
 * <p>The 22 characters are base64url (RFC 4648 §5, unpadded) of the first 16 bytes of
 * HMAC-SHA256(key, domain ‖ 0x00 ‖ type ‖ canonical bytes) (RFC 2104). If the keyset has more keys,
 * each further key maps the previous token: HMAC-SHA256(key, old token). Equal values get equal
 * tokens; without the key a token reveals nothing about its value.
 *
 * <p>For Cameleon's own derived values, the input begins with a byte that no field's name begins
 * with: HMAC-SHA256(key, 0xFF ‖ purpose ‖ 0x00 ‖ text in NFC as UTF-8). Thread-safe.
 */
public final class Masker {
  /** Not a byte of UTF-8 (RFC 3629 §1), so no field's name begins with it. */
  private static final byte OWN = (byte) 0xff;

  private final List<Keyset.Link> links;
  private final Personal personal;

  /**
   * Masks with these keys.
   *
   * @param keyset the keys
   * @param personal the fields to mask
   */
  public Masker(Keyset keyset, Personal personal) {
    this.links = keyset.links();
    this.personal = personal;
  }

  /**
   * Masks flat events, or computes tokens of single values.
   *
   * @param keyset the keys
   * @param personal the fields to mask, with the kind of each; may be empty
   */
  public Masker(Keyset keyset, Map<String, PiiKind> personal) {
    this(keyset, Personal.of(personal));
  }

  /**
   * Masks the events of one message.
   *
   * @param events events that passed the contract; their personal values are replaced in place
   */
  @Handler
  public MaskedMessage mask(List<ObjectNode> events) {
    if (events.size() == 1) {
      return new MaskedMessage(List.of(maskEvent(events.get(0))));
    }
    List<MaskedRecord> masked = new ArrayList<>(events.size());
    for (ObjectNode event : events) {
      masked.add(maskEvent(event));
    }
    return new MaskedMessage(masked);
  }

  /**
   * Masks one event; the only way to create a {@link MaskedRecord}. Not called {@code mask},
   * because Camel would choose between methods of the same name for each message.
   *
   * @param event an event that passed the contract; its personal values are replaced in place
   */
  public MaskedRecord maskEvent(ObjectNode event) {
    List<Original> originals = new ArrayList<>(personal.fields().size());
    for (PiiField field : personal.fields()) {
      field.replace(
          event,
          value -> {
            String token = last(tokens(canonical(field, value), field.domain()));
            originals.add(new Original(token, value));
            return token;
          });
    }
    return new MaskedRecord(event, originals, personal);
  }

  private static CanonicalForm canonical(PiiField field, String value) {
    return CanonicalForm.of(field.kind(), value, field.country());
  }

  /**
   * Computes the token of one value.
   *
   * @param domain keeps equal values with different meanings apart: {@code ip}, {@code device},
   *     {@code email}, {@code phone}, or the field's path
   */
  public String token(PiiKind kind, String domain, String value) {
    return last(tokens(CanonicalForm.of(kind, value, ""), domain));
  }

  /**
   * Whether these keys make this token from this value, now or before a rotation that is in
   * progress.
   *
   * @param token the token, whose domain tells the possible kinds of the value
   */
  public boolean makes(String token, String value) {
    String domain = Token.domain(token);
    return Arrays.stream(PiiKind.values())
        .filter(kind -> kind.domain(domain).equals(domain))
        .flatMap(kind -> CanonicalForm.possible(kind, value))
        .anyMatch(form -> tokens(form, domain).contains(token));
  }

  /** Whether a value of {@link PiiKind#IP} is masked as an address rather than as text. */
  public static boolean isAddress(String value) {
    return CanonicalForm.of(PiiKind.IP, value, "").isAddress();
  }

  /**
   * Computes the newest key's token from a token of an older key, that is, the token that the value
   * would get now.
   *
   * @return the token itself if it has the newest key, or a key that is not in this keyset
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
   * The hashes that stand for a person in the suppression list, where the user id must not appear,
   * under the newest key and each older one.
   */
  public List<String> subjects(String user) {
    return own("subject", user);
  }

  /** A check value for each key: if two processes have equal check values, they have equal keys. */
  List<String> checkValues() {
    return own("check", "cameleon");
  }

  private List<String> tokens(CanonicalForm form, String domain) {
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
    byte[] canonical = CanonicalForm.of(PiiKind.TEXT, text, "").bytes();
    return chain(
        purpose,
        ByteBuffer.allocate(1 + name.length + 1 + canonical.length)
            .put(OWN)
            .put(name)
            .put((byte) 0)
            .put(canonical)
            .array());
  }

  /** The tokens of an input under the first key, under the first two keys, and so on. */
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
