package dev.cameleon.cli.console;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.MaxValuesExceededException;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Explains why a command line is rejected. Picocli's own messages quote arguments, which may be
 * personal values or keys; these messages name the option and what it takes.
 */
public final class UsageMessage {
  private UsageMessage() {}

  /**
   * Explains the rejection.
   *
   * @param arguments the command line; the message shows only the position of an argument
   */
  public static String inWords(ParameterException wrong, List<String> arguments) {
    if (wrong instanceof UnmatchedArgumentException unmatched) {
      int index = arguments.indexOf(unmatched.getUnmatched().get(0));
      return (unmatched.isUnknownOption() ? "Unknown option" : "Unmatched argument")
          + (index < 0 ? "" : " at position " + index);
    }
    if (wrong instanceof MissingParameterException missing) {
      return "Missing, or given without a value: "
          + missing.getMissing().stream().map(UsageMessage::name).collect(Collectors.joining(", "));
    }
    ArgSpec argument = wrong.getArgSpec();
    if (argument == null) {
      return "Unknown command"; // as in: help UNKNOWN
    }
    if (wrong instanceof OverwrittenOptionException
        || wrong instanceof MaxValuesExceededException) {
      return "Given more than once: " + name(argument);
    }
    return "Invalid value for " + name(argument) + ": it " + expected(argument);
  }

  private static String name(ArgSpec argument) {
    return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
  }

  private static String expected(ArgSpec argument) {
    Class<?> type = argument.type();
    if (type == boolean.class) {
      return "takes no value";
    }
    if (type.isEnum()) {
      List<String> words = new ArrayList<>();
      argument.completionCandidates().forEach(words::add);
      return "must be one of " + String.join(", ", words);
    }
    if (type == Duration.class) {
      return "must be a duration, for example 90s or 15m";
    }
    if (type == Instant.class) {
      return "must be a time such as 2026-11-20T10:00Z, a day such as 2026-11-20 (UTC), or an"
          + " age such as 90m, 2h or 7d";
    }
    return type == int.class || type == Integer.class
        ? "must be a whole number"
        : "must be " + argument.paramLabel();
  }
}
