package dev.cameleon.config;

import dev.cameleon.db.Password;
import dev.cameleon.errors.Problems;
import dev.cameleon.sqs.SqsQueue;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parses typed values from properties; collects problems instead of stopping at the first. */
public final class SettingsParser {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,6})(ms|s|m|h|d)");

  private final Map<String, String> values;
  private final Problems problems;
  private final Map<String, String> environment;

  /**
   * Parses these values.
   *
   * @param environment where they come from, for passwords that are read again later
   */
  public SettingsParser(
      Map<String, String> values, Problems problems, Map<String, String> environment) {
    this.values = values;
    this.problems = problems;
    this.environment = environment;
  }

  void problem(String property, String what) {
    problems.add(Settings.named(property) + ": " + what);
  }

  String optional(String property) {
    return values.get(property);
  }

  /** A secret: the value itself, or the secret that it refers to (see {@link SecretReference}). */
  String secret(String property) {
    try {
      return SecretReference.resolve(optional(property));
    } catch (SecretReference.UnavailableException e) {
      problem(property, e.getMessage());
      return "";
    }
  }

  /** A password that is read again when the server refuses it. */
  Password password(String property, String fallback) {
    String first = secret(property);
    return new RotatedPassword(environment, property, first.isEmpty() ? fallback : first);
  }

  String text(String property) {
    String value = optional(property);
    if (value.isEmpty()) {
      problem(property, "must not be empty; for example " + Settings.DEFAULTS.get(property));
    }
    return value;
  }

  /** A queue's name or URL; anything else is a problem. */
  public String queue(String property) {
    String value = text(property);
    if (!SqsQueue.isNameOrUrl(value)) {
      problem(
          property,
          "is not the name of a queue, for example "
              + Settings.DEFAULTS.get(property)
              + ", or its URL, for example"
              + " https://sqs.eu-central-1.amazonaws.com/123456789012/"
              + Settings.DEFAULTS.get(property)
              + "; leave out user and password");
    }
    return value;
  }

  /** A file or folder, which need not exist. */
  public Path path(String property) {
    return path(property, text(property));
  }

  /** A file or folder; empty if it is not set. */
  Optional<Path> optionalPath(String property) {
    return Optional.of(optional(property))
        .filter(value -> !value.isEmpty())
        .map(value -> path(property, value));
  }

  private Path path(String property, String value) {
    try {
      return Path.of(value);
    } catch (InvalidPathException e) {
      problem(property, "is not a path of a file or folder");
      return Path.of("");
    }
  }

  boolean flag(String property) {
    return oneOf(property, Set.of("true", "false")).equals("true");
  }

  String oneOf(String property, Set<String> words) {
    String value = text(property);
    if (!words.contains(value)) {
      problem(property, "must be one of " + new TreeSet<>(words));
    }
    return value;
  }

  int number(String property, int least, int most) {
    try {
      int number = Integer.parseInt(text(property));
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // reported below, like a number out of range
    }
    problem(
        property,
        "must be a whole number from "
            + least
            + " to "
            + most
            + ", for example "
            + Settings.DEFAULTS.get(property));
    return least;
  }

  Duration duration(String property, Duration least, Duration most) {
    Duration duration = duration(text(property));
    if (duration != null && duration.compareTo(least) >= 0 && duration.compareTo(most) <= 0) {
      return duration;
    }
    problem(
        property,
        "must be a duration with a unit (ms, s, m, h, d) from "
            + least.toMillis()
            + "ms to "
            + most.toSeconds()
            + "s, for example "
            + Settings.DEFAULTS.get(property));
    return least;
  }

  /** A duration such as 200ms or 15m; null if it is not one. */
  static Duration duration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }
}
