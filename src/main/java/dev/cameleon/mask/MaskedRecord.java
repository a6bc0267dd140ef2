package dev.cameleon.mask;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.contract.Personal;
import dev.cameleon.contract.PiiField;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * An event whose personal values are tokens. Only {@link Masker} creates one, and the loader
 * accepts nothing else, so an unmasked event cannot reach the database.
 */
public final class MaskedRecord {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private final String json;
  private final String user;
  private final List<Original> originals;
  private final Personal personal;

  /**
   * Wraps a masked event.
   *
   * @param event with tokens in place of its personal values
   * @param originals the personal values
   * @param personal describes the personal fields
   */
  MaskedRecord(ObjectNode event, List<Original> originals, Personal personal) {
    this.json = event.toString();
    this.user = personal.subjectOf(event);
    this.originals = List.copyOf(originals);
    this.personal = personal;
  }

  /** The event's fields as the text of one JSON object, serialised once. */
  public String json() {
    return json;
  }

  /** The value that names the person, as stored, or an empty string. */
  public String user() {
    return user;
  }

  /** The masked values, for the vault: personal. */
  public List<Original> originals() {
    return originals;
  }

  /**
   * A copy of this event with random values, which cannot be linked to its person or to other
   * events.
   */
  public MaskedRecord erased() {
    ObjectNode event = event();
    // A negative number that fits into an integer column, because such ids are not in use.
    long number = -1L - ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE);
    personal.replaceSubject(event, UUID.randomUUID().toString(), number);
    return random(event);
  }

  /** A copy of this event with a different random token for each masked value. */
  public MaskedRecord distinct() {
    return random(event());
  }

  private MaskedRecord random(ObjectNode event) {
    for (PiiField field : personal.fields()) {
      field.replace(event, token -> Token.random(field.domain()));
    }
    return new MaskedRecord(event, List.of(), personal);
  }

  /** A copy of the event. */
  public ObjectNode event() {
    try {
      return (ObjectNode) JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot read the event's own JSON");
    }
  }

  /** Leaves out the fields, because even those that are not marked as personal may be sensitive. */
  @Override
  public String toString() {
    return "MaskedRecord[" + json.length() + " characters]";
  }
}
