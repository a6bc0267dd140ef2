package dev.cameleon.demo;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Shows what a message looks like without what it says: JSON's own signs and the names of the known
 * fields stay, every other character becomes a dot, broken JSON included.
 */
final class Preview {
  private static final char DOT = '•';

  /** Letters and digits never; these separate parts of a value, so its shape can be seen. */
  private static final String KEPT = "{}[]\":,.-_/\\ ";

  private static final Pattern KNOWN_NAME =
      Pattern.compile("\"(?:" + String.join("|", SampleEvents.FIELDS) + ")\"\\s*:");

  /** Sixteen characters tell the shape of any address and device id. */
  private static final Pattern LONG_VALUE = Pattern.compile("([•._/\\\\:-]{8})[•._/\\\\:-]{9,}");

  private Preview() {}

  /**
   * The redacted body.
   *
   * @param field what it is about: the preview begins there; empty, or not in it: at the beginning
   * @param width the most characters; what is longer ends in an ellipsis
   */
  static String of(String body, String field, int width) {
    StringBuilder redacted = new StringBuilder(body.length());
    Matcher known = KNOWN_NAME.matcher(body);
    int from = 0;
    while (known.find()) {
      redact(body.substring(from, known.start()), redacted);
      redacted.append(known.group());
      from = known.end();
    }
    redact(body.substring(from), redacted);
    String shape = LONG_VALUE.matcher(redacted).replaceAll("$1…");
    int about = field.isEmpty() ? -1 : shape.indexOf("\"" + field + "\"");
    if (about > 1) {
      shape = "… " + shape.substring(about);
    }
    return shape.length() <= width ? shape : shape.substring(0, width - 1) + "…";
  }

  private static void redact(String text, StringBuilder shape) {
    text.codePoints().forEach(c -> shape.append(KEPT.indexOf(c) < 0 ? DOT : (char) c));
  }
}
