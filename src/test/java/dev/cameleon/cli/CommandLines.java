package dev.cameleon.cli;

import dev.cameleon.support.Planted;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A program for a test: runs every command with each value in place of each option and argument,
 * including superfluous ones. Uses one process instead of hundreds, in an environment where nothing
 * answers.
 */
public final class CommandLines {
  private CommandLines() {}

  /** Prints each command line's place to standard output; the commands write to both. */
  public static void main(String[] arguments) {
    int cases = 0;
    for (List<String> line :
        all(new CommandLine(new Cli(Map.of(), System.in, System.out)), List.of())) {
      for (String value : Planted.few()) {
        System.out.println("## " + String.join(" ", line));
        Cli.run(
            System.getenv(),
            System.in,
            System.out,
            System.err,
            line.stream().map(word -> word.replace("VALUE", value)).toArray(String[]::new));
        cases++;
      }
    }
    System.out.println("## cases: " + cases);
    System.exit(0);
  }

  private static List<List<String>> all(CommandLine command, List<String> path) {
    List<List<String>> lines = new ArrayList<>();
    CommandSpec spec = command.getCommandSpec();
    command
        .getSubcommands()
        .forEach((name, inner) -> lines.addAll(all(inner, with(path, List.of(name)))));
    if (path.contains("generate-completion")) {
      return lines;
    }
    for (OptionSpec option : spec.options()) {
      if (option.usageHelp() || option.versionHelp()) {
        continue;
      }
      List<String> before = with(path, required(spec, option));
      lines.add(with(before, List.of(option.longestName() + "=VALUE")));
      lines.add(with(before, List.of(option.longestName(), "VALUE")));
    }
    // An argument, or one too many.
    lines.add(with(path, with(required(spec, null), List.of("VALUE"))));
    lines.add(with(path, with(required(spec, null), List.of("VALUE", "VALUE", "VALUE"))));
    lines.add(with(path, List.of("--VALUE")));
    return lines;
  }

  /** The required options and arguments, except the one under test. */
  private static List<String> required(CommandSpec spec, ArgSpec except) {
    List<String> words = new ArrayList<>();
    for (OptionSpec option : spec.options()) {
      if (option.required() && option != except) {
        words.add(option.longestName() + "=" + sample(option));
      }
    }
    if (except != null && !spec.positionalParameters().isEmpty()) {
      words.add("1b4e28ba-2fa1-4b7e-9f3a-6d1c0e5f7a21");
    }
    return words;
  }

  private static String sample(OptionSpec option) {
    return switch (option.longestName()) {
      case "--older-than" -> "7d";
      case "--reason" -> "NOT_JSON";
      default -> "none.json";
    };
  }

  private static <T> List<T> with(List<T> first, List<T> then) {
    List<T> all = new ArrayList<>(first);
    all.addAll(then);
    return all;
  }
}
