package dev.cameleon.contract;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Shows the structure of a body without its content. The contract's own field names stay; every
 * other key and every value is replaced by its shape: {@code •} for a character, {@code ␣} for
 * white space, {@code ␦} for an invisible character, {@code �} for an unpaired surrogate. In values
 * of the contract's fields, {@code . : -} between other characters stay, so that the shape of an
 * address can be recognized. Thread-safe.
 */
public final class BodyShape {
  private static final JsonFactory JSON = StrictJson.strictMapper().getFactory();

  private static final char DOT = '•';
  private static final char SPACE = '␣';
  private static final char INVISIBLE = '␦';
  private static final char HALF_PAIR = '�';
  private static final String SEPARATORS = ".:-";
  private static final String SIGNS = "{}[]:,\"";

  static final String TOO_LONG = "too long to be shown whole, it goes on here";

  private static final int LONG_TEXT = 64;
  private static final int SHOWN_OF_LONG_TEXT = 16;
  private static final int MOST_CHARACTERS = 20_000;
  private static final int AROUND = 32;

  private final Set<String> knownFields;
  private final Set<String> names;

  /**
   * Shows bodies of one contract.
   *
   * @param knownFields the paths of the contract's fields: only these names are shown
   */
  public BodyShape(Set<String> knownFields) {
    this.knownFields = Set.copyOf(knownFields);
    this.names =
        knownFields.stream()
            .map(path -> path.substring(path.lastIndexOf('.') + 1))
            .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * The shape of a body, on several lines. A malformed body is shown up to the fault, followed by
   * the kind and position of the fault and by the text around it with a caret; in that text, JSON's
   * own punctuation stays.
   */
  public String of(String body) {
    StringWriter shape = new StringWriter();
    String fault = "";
    long offset = 0;
    try (JsonParser in = JSON.createParser(body);
        JsonGenerator out = JSON.createGenerator(shape)) {
      out.configure(JsonGenerator.Feature.AUTO_CLOSE_JSON_CONTENT, false);
      DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
      out.setPrettyPrinter(
          new DefaultPrettyPrinter(
                  Separators.createDefaultInstance()
                      .withObjectFieldValueSpacing(Separators.Spacing.AFTER))
              .withObjectIndenter(indenter));
      try {
        fault = copy(in, out, shape);
        offset = in.currentTokenLocation().getCharOffset();
      } catch (JsonProcessingException e) {
        fault = StrictJson.rejected(e).detail();
        offset = (e.getLocation() == null ? in.currentLocation() : e.getLocation()).getCharOffset();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // never: the text is in memory
    }
    return fault.isEmpty()
        ? shape.toString()
        : (shape + "\n").stripLeading() + fault + ":\n" + excerpt(body, (int) offset);
  }

  /** Copies token by token; returns why it ended early, or an empty string. */
  private String copy(JsonParser in, JsonGenerator out, StringWriter shape) throws IOException {
    boolean ended = false;
    for (JsonToken token = in.nextToken(); token != null; token = in.nextToken()) {
      if (ended) {
        return StrictJson.TRAILING;
      }
      copy(token, in, out);
      out.flush();
      if (shape.getBuffer().length() > MOST_CHARACTERS) {
        return TOO_LONG;
      }
      ended = in.getParsingContext().inRoot();
    }
    return ended ? "" : StrictJson.EMPTY;
  }

  private void copy(JsonToken token, JsonParser in, JsonGenerator out) throws IOException {
    switch (token) {
      case START_OBJECT -> out.writeStartObject();
      case END_OBJECT -> out.writeEndObject();
      case START_ARRAY -> out.writeStartArray();
      case END_ARRAY -> out.writeEndArray();
      case FIELD_NAME -> {
        String name = in.currentName();
        out.writeFieldName(isKnown(in, name) ? name : shape(name, false));
      }
      case VALUE_STRING -> out.writeString(shape(in.getText(), isKnown(in, in.currentName())));
      case VALUE_NULL -> out.writeNull();
      case VALUE_TRUE, VALUE_FALSE -> out.writeRawValue("true|false");
      default -> out.writeRawValue(shape(in.getText(), true)); // numbers
    }
  }

  private boolean isKnown(JsonParser in, String name) {
    if (!in.getParsingContext().inObject()) {
      return false;
    }
    StringBuilder path = new StringBuilder(name);
    JsonStreamContext around = in.getParsingContext().getParent();
    for (; !around.inRoot(); around = around.getParent()) {
      if (around.inObject()) {
        path.insert(0, around.getCurrentName() + ".");
      } else if (around.getParent().inRoot()) {
        return false; // an event does not begin with an array
      }
    }
    return knownFields.contains(path.toString());
  }

  /**
   * The shape of one text.
   *
   * @param parted whether {@code . : -} between other characters are shown
   */
  private static String shape(String text, boolean parted) {
    // A text of separators alone would be shown unchanged.
    boolean separators =
        parted && text.codePoints().anyMatch(point -> SEPARATORS.indexOf(point) < 0);
    int length = text.codePointCount(0, text.length());
    StringBuilder shape = new StringBuilder();
    text.codePoints()
        .limit(length > LONG_TEXT ? SHOWN_OF_LONG_TEXT : length)
        .forEach(point -> shape.append(shape(point, separators)));
    return length > LONG_TEXT
        ? shape + String.format(Locale.ROOT, "…(%,d characters)", length)
        : shape.toString();
  }

  private static char shape(int point, boolean separators) {
    if (separators && SEPARATORS.indexOf(point) >= 0) {
      return (char) point;
    }
    if (Character.isWhitespace(point) || Character.isSpaceChar(point)) {
      return SPACE;
    }
    return switch (Character.getType(point)) {
      case Character.SURROGATE -> HALF_PAIR;
      case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.UNASSIGNED ->
          INVISIBLE;
      default -> DOT;
    };
  }

  /**
   * The text around a position, with a caret below it. Within strings no character counts as JSON
   * punctuation.
   */
  private static String excerpt(String body, int offset) {
    int at = Math.min(Math.max(offset, 0), body.length());
    int from = Math.max(0, at - AROUND);
    int to = Math.min(body.length(), at + AROUND);
    StringBuilder excerpt = new StringBuilder(from > 0 ? "…" : "");
    int column = excerpt.length() + at - from;
    boolean inText = false;
    boolean escaped = false;
    for (int i = 0; i < to; i++) {
      char c = body.charAt(i);
      boolean quote = c == '"' && !escaped;
      if (i >= from) {
        excerpt.append(quote || !inText ? sign(body, i) : DOT);
      }
      inText ^= quote;
      escaped = inText && !quote && !escaped && c == '\\';
    }
    excerpt.append(to < body.length() ? "…" : "");
    return String.format(
        Locale.ROOT,
        "%s\n%s^ character %,d of %,d",
        excerpt,
        " ".repeat(column),
        Math.min(at + 1, body.length()),
        body.length());
  }

  private static char sign(String body, int at) {
    char c = body.charAt(at);
    if (Character.isWhitespace(c) || Character.isISOControl(c)) {
      return ' ';
    }
    // An address after a missing quote: valid JSON never has two colons in a row.
    boolean doubled = c == ':' && (body.startsWith("::", at) || body.startsWith("::", at - 1));
    return SIGNS.indexOf(c) >= 0 && !doubled ? c : DOT;
  }

  /**
   * Checks a shape from an untrusted source: it may contain only characters and words of a shape. A
   * field's name that is not in this contract is replaced by its shape.
   *
   * @return empty if the text may contain a value
   */
  public Optional<String> ofShape(String shape) {
    return ForeignShape.check(shape, name -> names.contains(name) ? name : shape(name, false));
  }
}
