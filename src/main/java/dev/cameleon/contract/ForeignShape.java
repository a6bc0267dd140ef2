package dev.cameleon.contract;

import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Checks whether an untrusted text is a shape as {@link BodyShape} writes it. */
final class ForeignShape {
  private static final String SHAPES = "•␣␦�…";
  private static final Pattern NAME =
      Pattern.compile("\"([A-Za-z][A-Za-z0-9_-]{0,62})\"(?=[:…\n])");

  /** A word that is cut off at the end, because a preview is cut at any character. */
  private static final Pattern CUT_WORD =
      Pattern.compile("(?<![A-Za-z0-9_,|() ])[A-Za-z0-9_,|() ]++…$");

  /** Up to 7 digits: no message can be longer (AWS). */
  private static final String NUMBER = "(\\d,\\d{3},\\d{3}|\\d{1,3}(,\\d{3})?)";

  private static final Pattern WORDS =
      Pattern.compile(
          "true\\|false|\\bnull\\b|…\\("
              + NUMBER
              + " characters\\)|\\^ character "
              + NUMBER
              + " of "
              + NUMBER
              + "|^("
              + Stream.concat(StrictJson.FAULTS.stream(), Stream.of(BodyShape.TOO_LONG))
                  .map(Pattern::quote)
                  .collect(Collectors.joining("|"))
              + ")( at line -?\\d{1,7}, column -?\\d{1,7})?(?=:)",
          Pattern.MULTILINE);

  private static final Pattern SIGNS = Pattern.compile("[" + SHAPES + "{}\\[\\],\".:^ \n-]*+");

  /** A text of separators alone, which BodyShape shows as dots: "::" is an address. */
  private static final Pattern SEPARATORS =
      Pattern.compile("(?<![" + SHAPES + ".:-])[.:-]++(?![" + SHAPES + "])");

  private ForeignShape() {}

  /**
   * Returns the text if it is a shape.
   *
   * @param names maps a quoted name to the text that may be shown
   */
  static Optional<String> check(String text, UnaryOperator<String> names) {
    String shape = CUT_WORD.matcher(text).replaceFirst("…");
    boolean onlySigns =
        SIGNS.matcher(WORDS.matcher(NAME.matcher(shape).replaceAll("")).replaceAll("")).matches();
    boolean bare = SEPARATORS.matcher(shape).results().anyMatch(run -> run.group().contains("::"));
    return onlySigns && !bare
        ? Optional.of(
            NAME.matcher(shape)
                .replaceAll(
                    name -> Matcher.quoteReplacement("\"" + names.apply(name.group(1)) + "\"")))
        : Optional.empty();
  }
}
