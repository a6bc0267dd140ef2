package dev.cameleon.mask;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * An event whose personal values are tokens. Only {@link Masker} creates one, and the loader
 * accepts nothing else, so an unmasked event cannot reach the database.
 */
public final class MaskedRecord {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** The field with the person's user id. */
  private static final String USER = "user_id";

  private final String json;
  private final String user;
  private final Map<String, Original> originals;

  /**
   * Wraps a masked event.
   *
   * @param event with tokens in place of its personal values
   * @param originals those values, by field
   */
  MaskedRecord(ObjectNode event, Map<String, Original> originals) {
    this.json = event.toString();
    this.user = event.path(USER).asText("");
    this.originals = originals;
  }

  /** The event's fields as the text of one JSON object, serialised once. */
  public String json() {
    return json;
  }

  /** The user id, as stored, or an empty string. */
  public String user() {
    return user;
  }

  /** The masked values, for the vault: personal. */
  public List<Original> originals() {
    return new ArrayList<>(originals.values());
  }

  /**
   * The same event with random values, so that it cannot be linked to its person or to other
   * events.
   */
  public MaskedRecord erased() {
    ObjectNode event = parse();
    event.put(USER, UUID.randomUUID().toString());
    originals.forEach(
        (field, original) -> event.put(field, Token.random(Token.domain(original.token()))));
    return new MaskedRecord(event, Map.of());
  }

  private ObjectNode parse() {
    try {
      return (ObjectNode) JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what was written as JSON can be read");
    }
  }

  /** Without the fields: even those that are not marked as personal may be sensitive. */
  @Override
  public String toString() {
    return "MaskedRecord[" + json.length() + " characters]";
  }
}
