package dev.cameleon.cli.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.Console;
import java.util.stream.Collectors;

/**
 * Escapes untrusted text, so that it cannot control the terminal.
 *
 * @see EscapingWriter for characters that the terminal cannot show
 */
public final class Printable {
  private static final JsonMapper ASCII =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private Printable() {}

  /** Whether standard output is a terminal. */
  @SuppressWarnings("SystemConsoleNull") // null before Java 22; later there is isTerminal
  public static boolean isOnTerminal() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException e) {
      return true;
    }
  }

  /**
   * Escapes control characters and other invisible characters as in a Java string ({@code \t},
   * {@code \n}, {@code \\}, {@code \u001b}), so that the text fits on one line. Null becomes a
   * dash.
   */
  public static String text(String text) {
    return text == null ? "-" : escaped(text.replace("\\", "\\\\"));
  }

  private static String escaped(String text) {
    StringBuilder printable = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            point -> {
              String character = Character.toString(point);
              printable.append(isVisible(point) ? character : escape(character));
            });
    return printable.toString();
  }

  private static boolean isVisible(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.PRIVATE_USE,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }

  /** The escape of a Java string for a character. */
  static String escape(String character) {
    return switch (character) {
      case "\t" -> "\\t";
      case "\n" -> "\\n";
      case "\r" -> "\\r";
      default ->
          character
              .chars()
              .mapToObj(unit -> String.format("\\u%04x", unit))
              .collect(Collectors.joining());
    };
  }

  /** Writes JSON on one line, in ASCII. */
  public static String json(JsonNode node) {
    try {
      return ASCII.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write a JSON tree", e);
    }
  }

  /**
   * Writes JSON on one line, with visible characters unescaped, so that people can read and edit
   * it.
   */
  public static String editableJson(JsonNode node) {
    return escaped(node.toString());
  }
}
