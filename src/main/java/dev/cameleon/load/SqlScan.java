package dev.cameleon.load;

import java.util.Locale;
import org.postgresql.core.Parser;

/**
 * Walks through SQL, one character of code or one quoted or commented part at a time, as the driver
 * does.
 */
final class SqlScan {
  private final char[] text;
  private int start;
  private int end;

  SqlScan(String text) {
    this.text = text.toCharArray();
  }

  boolean next() {
    start = end;
    if (start >= text.length) {
      return false;
    }
    int last =
        switch (text[start]) {
          case '\'' -> Parser.parseSingleQuotes(text, start, true);
          case '"' -> Parser.parseDoubleQuotes(text, start);
          case '-' -> Parser.parseLineComment(text, start);
          case '/' -> Parser.parseBlockComment(text, start);
          case '$' -> Parser.parseDollarQuotes(text, start);
          default -> start;
        };
    end = Math.min(last + 1, text.length);
    return true;
  }

  /** Where this part begins. */
  int start() {
    return start;
  }

  /** Where it ends, exclusive. */
  int end() {
    return end;
  }

  /** Whether this is one character, neither quoted nor commented. */
  boolean isCode() {
    return end - start == 1;
  }

  boolean isComment() {
    return !isCode() && (text[start] == '-' || text[start] == '/');
  }

  /** The word that begins here, in upper case, which it moves past; else an empty string. */
  String word() {
    if (!isCode() || !Parser.isIdentifierStartChar(text[start])) {
      return "";
    }
    while (end < text.length && Parser.isIdentifierContChar(text[end])) {
      end++;
    }
    return new String(text, start, end - start).toUpperCase(Locale.ROOT);
  }
}
