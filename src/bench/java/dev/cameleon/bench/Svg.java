package dev.cameleon.bench;

import java.util.Locale;

/** The elements of the charts in both reports. */
final class Svg {
  static final int WIDTH = 760;

  private Svg() {}

  static String document(int height, CharSequence content) {
    return format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family="
            + "\"sans-serif\" font-size=\"13\">%n<rect width=\"100%%\" height=\"100%%\""
            + " fill=\"white\"/>%n%s</svg>%n",
        WIDTH, height, content);
  }

  static String text(long x, int y, String text) {
    return format("<text x=\"%d\" y=\"%d\">%s</text>%n", x, y, text);
  }

  /** As {@link String#format}, independent of the locale. */
  static String format(String text, Object... values) {
    return String.format(Locale.ROOT, text, values);
  }
}
