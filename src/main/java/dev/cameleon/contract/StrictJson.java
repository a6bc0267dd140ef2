package dev.cameleon.contract;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/**
 * Reads strict JSON: one object, no duplicate keys, nothing after it, bounded depth, no unpaired
 * surrogate. Text that two parsers could interpret differently is rejected.
 */
public final class StrictJson {
  /** The deepest nesting accepted; a login event is flat. */
  public static final int MAX_DEPTH = 32;

  static final String EMPTY = "empty";
  static final String TRAILING = "something follows the object";
  private static final String TOO_DEEP =
      "nested deeper than " + MAX_DEPTH + " or longer than a JSON value may be";
  private static final String INCOMPLETE = "ends before it is complete";
  private static final String DUPLICATE = "a key occurs twice";
  private static final String NO_OBJECT = "not a JSON object";
  private static final String BROKEN = "broken JSON syntax";

  /** All texts that {@link #rejected} can produce, without the position. */
  static final List<String> FAULTS =
      List.of(EMPTY, TRAILING, TOO_DEEP, INCOMPLETE, DUPLICATE, NO_OBJECT, BROKEN);

  private StrictJson() {}

  /** A mapper that rejects anything but strict JSON. Thread-safe. */
  public static ObjectMapper strictMapper() {
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            // Otherwise Jackson would quote the offending text in its messages.
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();
    return JsonMapper.builder(factory)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        // So that a number arrives exactly as it was sent.
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
        .build();
  }

  /**
   * Reads one body.
   *
   * @throws RejectedException {@link Violation#NOT_JSON}, with the position and the kind of the
   *     fault
   */
  public static ObjectNode read(ObjectMapper mapper, String body) throws RejectedException {
    try {
      return mapper.readValue(body, ObjectNode.class);
    } catch (JsonProcessingException e) {
      throw rejected(e);
    }
  }

  /**
   * Describes the fault and its position in our own words, because Jackson's message quotes the
   * body.
   */
  public static RejectedException rejected(JsonProcessingException fault) {
    JsonLocation at = fault.getLocation();
    String place = at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
    return new RejectedException(Violation.NOT_JSON, "", kindOf(fault) + place);
  }

  private static String kindOf(JsonProcessingException fault) {
    if (fault instanceof StreamConstraintsException) {
      return TOO_DEEP;
    }
    if (fault instanceof JsonEOFException) {
      return INCOMPLETE;
    }
    String message = String.valueOf(fault.getOriginalMessage());
    if (message.startsWith("Duplicate field")) {
      return DUPLICATE;
    }
    if (message.startsWith("Trailing token")) {
      return TRAILING;
    }
    if (message.startsWith("No content")) {
      return EMPTY;
    }
    return fault instanceof JsonMappingException ? NO_OBJECT : BROKEN;
  }

  /**
   * Rejects an unpaired surrogate in any key or text. PostgreSQL would store every one as {@code
   * ?}, and all would get the same token.
   *
   * @throws RejectedException {@link Violation#NOT_JSON}
   */
  static void requirePairedSurrogates(JsonNode node) throws RejectedException {
    if (node.isTextual()) {
      requirePairedSurrogates(node.textValue());
    } else if (node.isArray()) {
      for (JsonNode element : node) {
        requirePairedSurrogates(element);
      }
    } else if (node.isObject()) {
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        requirePairedSurrogates(field.getKey());
        requirePairedSurrogates(field.getValue());
      }
    }
  }

  private static void requirePairedSurrogates(String text) throws RejectedException {
    int i = 0;
    while (i < text.length()) {
      int point = text.codePointAt(i);
      if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
        throw new RejectedException(Violation.NOT_JSON, "", "an unpaired surrogate in a text");
      }
      i += Character.charCount(point);
    }
  }
}
