package dev.cameleon.mask;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * An event whose personal values are tokens. Only {@link Masker} makes one, and the loader takes
 * nothing else, so an unmasked event cannot reach the database.
 */
public final class MaskedRecord {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** The field that says whose event it is. */
  private static final String USER = "user_id";

  private final String json;
  private final String user;
  private final Map<String, Original> originals;

  /**
   * Makes one.
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

  /** Whose event it is, or an empty string. */
  public String user() {
    return user;
  }

  /** What was masked, for the vault: personal. */
  public List<Original> originals() {
    return new ArrayList<>(originals.values());
  }

  /** The same event under random values: whose it was cannot be told, nor what else was theirs. */
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

  /** Redacted: fields that are not personal by the contract may still be nobody's business. */
  @Override
  public String toString() {
    return "MaskedRecord[" + json.length() + " characters]";
  }
}
