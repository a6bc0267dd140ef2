package dev.cameleon.contract;

import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Generates a text that matches a regular expression, with as few or as many repetitions as fit.
 * Supports groups, classes, alternatives (takes the first) and quantifiers.
 */
final class SampleText {
  /** Candidates for a negated class, of which the first match is taken. */
  private static final String UNKNOWN_IN_NEGATED_CLASS = "abc123 -_.:/";

  private final String pattern;
  private final int repetitions;
  private int at;

  private SampleText(String pattern, int repetitions) {
    this.pattern = pattern;
    this.repetitions = repetitions;
  }

  /**
   * A text for a pattern.
   *
   * @param most its maximum length
   * @param longest whether it should be about that long
   * @return empty if the pattern uses unsupported syntax
   */
  static Optional<String> of(String pattern, int least, int most, boolean longest) {
    int low = 0;
    int high = most;
    Optional<String> best = make(pattern, 0);
    while (best.isPresent() && low < high && (longest || best.get().length() < least)) {
      int middle = (low + high + 1) / 2;
      Optional<String> next = make(pattern, middle);
      if (next.isPresent() && next.get().length() <= most) {
        best = next;
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return best;
  }

  private static Optional<String> make(String pattern, int repetitions) {
    try {
      SampleText text = new SampleText(pattern, repetitions);
      String made = text.alternatives();
      return text.at == pattern.length() && Pattern.compile(pattern).matcher(made).find()
          ? Optional.of(made)
          : Optional.empty();
    } catch (IndexOutOfBoundsException | NumberFormatException | PatternSyntaxException e) {
      return Optional.empty();
    }
  }

  private String alternatives() {
    String first = sequence();
    while (at < pattern.length() && pattern.charAt(at) == '|') {
      at++;
      sequence();
    }
    return first;
  }

  private String sequence() {
    StringBuilder text = new StringBuilder();
    while (at < pattern.length() && pattern.charAt(at) != '|' && pattern.charAt(at) != ')') {
      text.append(repeated(atom()));
    }
    return text.toString();
  }

  private String atom() {
    char c = pattern.charAt(at++);
    return switch (c) {
      case '^', '$' -> "";
      case '.' -> "a";
      case '\\' -> escaped(pattern.charAt(at++));
      case '[' -> member();
      case '(' -> group();
      default -> String.valueOf(c);
    };
  }

  private String group() {
    if (pattern.startsWith("?:", at)) {
      at += 2;
    }
    String inside = alternatives();
    at++; // the closing parenthesis
    return inside;
  }

  private static String escaped(char c) {
    return switch (c) {
      case 'd' -> "1";
      case 'w' -> "a";
      case 's' -> " ";
      case 'n' -> "\n";
      case 't' -> "\t";
      default -> String.valueOf(c);
    };
  }

  /** A member of the class that begins here. */
  private String member() {
    int end = pattern.indexOf(']', at + 1);
    String inside = pattern.substring(at, end);
    at = end + 1;
    if (inside.startsWith("^")) {
      Pattern whole = Pattern.compile("[" + inside + "]");
      return UNKNOWN_IN_NEGATED_CLASS
          .chars()
          .mapToObj(Character::toString)
          .filter(each -> whole.matcher(each).matches())
          .findFirst()
          .orElse("a");
    }
    if (inside.startsWith("0-9")) {
      return "1"; // a number that is not zero
    }
    return inside.startsWith("\\") ? escaped(inside.charAt(1)) : inside.substring(0, 1);
  }

  private String repeated(String atom) {
    if (at >= pattern.length()) {
      return atom;
    }
    int least = 1;
    int most = 1;
    switch (pattern.charAt(at)) {
      case '*' -> {
        least = 0;
        most = Integer.MAX_VALUE;
        at++;
      }
      case '+' -> {
        most = Integer.MAX_VALUE;
        at++;
      }
      case '?' -> {
        least = 0;
        at++;
      }
      case '{' -> {
        int end = pattern.indexOf('}', at);
        String[] bounds = pattern.substring(at + 1, end).split(",", -1);
        least = Integer.parseInt(bounds[0]);
        most = least;
        if (bounds.length > 1) {
          most = bounds[1].isEmpty() ? Integer.MAX_VALUE : Integer.parseInt(bounds[1]);
        }
        at = end + 1;
      }
      default -> {
        // once
      }
    }
    if (at < pattern.length() && pattern.charAt(at) == '?' && least != most) {
      at++; // as few as possible: the same texts
    }
    return atom.repeat(Math.max(least, Math.min(most, repetitions)));
  }
}
