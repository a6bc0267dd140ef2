package dev.cameleon.cli.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.Console;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;

/**
 * Escapes text that others wrote, so that it cannot control the terminal, and characters that the
 * terminal's character set lacks are not lost.
 */
public final class Printable {
  private static final JsonMapper ASCII =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private Printable() {}

  /** Whether standard output is a terminal, which control characters could affect. */
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
   * Escapes a text to one line, as in a Java string: {@code \t}, {@code \n}, {@code \\}, {@code
   * \u001b}; also invisible characters and those that standard output cannot show. Null becomes a
   * dash.
   */
  public static String text(String text) {
    return text(text, Charset.defaultCharset());
  }

  /** The same, for an output of this encoding. */
  public static String text(String text, Charset encoding) {
    if (text == null) {
      return "-";
    }
    CharsetEncoder output = encoding.newEncoder();
    StringBuilder printable = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            point -> {
              String character = Character.toString(point);
              if (point == '\\') {
                printable.append("\\\\");
              } else if (isVisible(point) && output.canEncode(character)) {
                printable.append(character);
              } else {
                escape(printable, character);
              }
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

  private static void escape(StringBuilder printable, String character) {
    switch (character) {
      case "\t" -> printable.append("\\t");
      case "\n" -> printable.append("\\n");
      case "\r" -> printable.append("\\r");
      default ->
          character.chars().forEach(unit -> printable.append(String.format("\\u%04x", unit)));
    }
  }

  /** As JSON on one line, in ASCII. */
  public static String json(JsonNode node) {
    try {
      return ASCII.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can be written", e);
    }
  }

  /**
   * As JSON on one line, with visible characters unescaped, so that people can read and edit it.
   */
  public static String editableJson(JsonNode node) {
    StringBuilder line = new StringBuilder();
    node.toString()
        .codePoints()
        .forEach(
            point -> {
              String character = Character.toString(point);
              if (isVisible(point)) {
                line.append(character);
              } else {
                escape(line, character);
              }
            });
    return line.toString();
  }
}
