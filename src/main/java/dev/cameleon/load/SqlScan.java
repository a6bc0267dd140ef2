package dev.cameleon.load;

import java.util.Locale;
import org.postgresql.core.Parser;

/**
 * Scans SQL as the driver does: one character of code, or one quoted or commented part, at a time.
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

  /**
   * Moves past the word that begins here and returns it in upper case; an empty string if there is
   * none.
   */
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
