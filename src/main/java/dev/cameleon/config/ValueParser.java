package dev.cameleon.config;

import dev.cameleon.db.LoadedTable;
import dev.cameleon.db.Password;
import dev.cameleon.sqs.SqsQueue;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.util.TimeUtils;

/**
 * Parses typed values from properties; collects problems instead of stopping at the first.
 *
 * @param values the text of every property
 * @param problems the problems so far, each as one sentence
 * @param environment the source of the values, for passwords that are read again later
 */
public record ValueParser(
    Map<String, String> values, List<String> problems, Map<String, String> environment) {
  /** Stricter than Camel's parser, which reads 200 as 200 ms and a word as 0. */
  private static final Pattern DURATION = Pattern.compile("\\d{1,6}(ms|s|m|h|d)");

  /** Adds a problem with a property. */
  void problem(String property, String what) {
    problems.add(Settings.named(property) + ": " + what);
  }

  /** A text, which may be empty. */
  String optional(String property) {
    return values.get(property);
  }

  String text(String property) {
    String value = optional(property);
    if (value.isEmpty()) {
      problem(property, "must not be empty; for example " + Settings.DEFAULTS.get(property));
    }
    return value;
  }

  /** Reads a value; if {@code form} rejects it, adds a problem with the text {@code otherwise}. */
  private <T> Optional<T> value(
      String property, Function<String, T> form, Predicate<T> limits, String otherwise) {
    try {
      T value = form.apply(text(property));
      if (limits.test(value)) {
        return Optional.of(value);
      }
    } catch (IllegalArgumentException e) {
      // reported like a value out of its bounds
    }
    problem(property, otherwise);
    return Optional.empty();
  }

  /** A password that is read again when the server refuses it. */
  Password password(String property, String fallback) {
    String first = "";
    try {
      first = SecretReference.resolve(optional(property));
    } catch (SecretReference.UnavailableException e) {
      problem(property, e.getMessage());
    }
    return new RotatedPassword(environment, property, first.isEmpty() ? fallback : first);
  }

  /** A queue's name or URL. */
  public String queue(String property) {
    String name = Settings.DEFAULTS.get(property);
    String otherwise =
        "is not the name of a queue, for example %s, or its URL, for example"
            + " https://sqs.eu-central-1.amazonaws.com/123456789012/%s; leave out user and password";
    return value(property, text -> text, SqsQueue::isNameOrUrl, otherwise.formatted(name, name))
        .orElse("");
  }

  /** A name of lower-case letters, digits, {@code _} and {@code -}. */
  String name(String property) {
    return value(
            property,
            text -> text,
            text -> text.matches("[a-z][a-z0-9_-]{0,62}"),
            "must be a name of at most 63 lower-case letters, digits, _ and -, for example "
                + Settings.DEFAULTS.get(property))
        .orElse("");
  }

  /** The tables that {@code load.sql} writes. */
  List<LoadedTable> tables(String property) {
    try {
      String text = text(property);
      return text.isEmpty() ? List.of() : LoadedTable.parse(text);
    } catch (IllegalArgumentException e) {
      problem(property, e.getMessage());
      return List.of();
    }
  }

  /** A file or folder, which need not exist. */
  public Path path(String property) {
    return value(property, Path::of, any -> true, "is not a path of a file or folder")
        .orElse(Path.of(""));
  }

  /** A file or folder; empty if it is not set. */
  Optional<Path> optionalPath(String property) {
    return optional(property).isEmpty() ? Optional.empty() : Optional.of(path(property));
  }

  /** Words separated by commas. */
  Set<String> words(String property) {
    return Arrays.stream(optional(property).split(","))
        .map(String::trim)
        .filter(word -> !word.isEmpty())
        .collect(Collectors.toSet());
  }

  boolean flag(String property) {
    return oneOf(property, "false", "true").equals("true");
  }

  String oneOf(String property, String... words) {
    List<String> all = List.of(words);
    return value(property, text -> text, all::contains, "must be one of " + all).orElse("");
  }

  int number(String property, int least, int most) {
    String otherwise = "must be a whole number from %d to %d, for example %s";
    return value(
            property,
            Integer::valueOf,
            number -> number >= least && number <= most,
            otherwise.formatted(least, most, Settings.DEFAULTS.get(property)))
        .orElse(least);
  }

  Duration duration(String property, Duration least, Duration most) {
    String otherwise =
        "must be a duration with a unit (ms, s, m, h, d) from %dms to %ds, for example %s";
    return value(
            property,
            ValueParser::duration,
            time -> time.compareTo(least) >= 0 && time.compareTo(most) <= 0,
            otherwise.formatted(
                least.toMillis(), most.toSeconds(), Settings.DEFAULTS.get(property)))
        .orElse(least);
  }

  /**
   * Parses a duration such as {@code 200ms} or {@code 15m}.
   *
   * @throws IllegalArgumentException if the text is not a duration
   */
  public static Duration duration(String text) {
    if (!DURATION.matcher(text).matches()) {
      throw new IllegalArgumentException("not a duration");
    }
    return TimeUtils.toDuration(text);
  }

  /** Leaves out the values, which hold secrets. */
  @Override
  public String toString() {
    return "ValueParser[" + values.size() + " properties]";
  }
}
