package dev.cameleon.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A contestant.
 *
 * @param name its name in the results
 * @param command the arguments after {@code java -Xmx256m}
 * @param environment its own settings
 * @param processes how many processes work on its queue
 * @param newValues whether each of its messages has a new address and device
 * @param warmUpSeconds how long it works before it is measured; less code is compiled sooner
 */
record Contestant(
    String name,
    List<String> command,
    Map<String, String> environment,
    int processes,
    boolean newValues,
    long warmUpSeconds) {

  private static final long LONG_WARM_UP_SECONDS = Long.getLong("bench.warm", 45);

  /** Compiled only in the profile, which fetches its libraries. */
  private static final String SPRING = "dev.cameleon.bench.SpringPeer";

  private static final String FEW_POLLERS = "32";
  private static final Map<String, String> NO_VAULT = Map.of("CAMELEON_RECIPIENTS", "");

  /**
   * The contestants of one run. "bare" has its best number of threads: of 4, 8, 16 and 64 without round trips, of 64, 128, 256 and 512 with them.
   *
   * @param slow whether there are round-trip times, which take more threads to fill
   * @param options variants to try besides the shipped settings: JVM options, {@code NAME=value} of the
   *     environment ({@code JAVA_HOME} for another Java), another jar, {@code spring} for the
   *     peer, {@code new} for new values; several such sets, separated by semicolons
   */
  static List<Contestant> all(String jar, boolean slow, String options) {
    List<Contestant> all = new ArrayList<>();
    all.add(onClassPath("stand-in", PlainSockets.class.getName(), 5, slow ? "1024" : "8"));
    all.add(onClassPath("bare", SdkOnly.class.getName(), 20, slow ? "256" : "8"));
    all.add(onClassPath("by hand", HandWrittenLoop.class.getName(), LONG_WARM_UP_SECONDS));
    all.add(onClassPath("naive", Naive.class.getName(), 10));
    all.add(onClassPath("spring", SPRING, LONG_WARM_UP_SECONDS));
    all.add(jar("cameleon", jar, Map.of(), 1));
    all.add(jar("no vault", jar, NO_VAULT, 1));
    if (slow) {
      // So few pollers that one process leaves CPU time for another, to see whether a second one
      // helps.
      Map<String, String> few = Map.of("CAMELEON_POLLERS", FEW_POLLERS);
      all.add(jar("1 × " + FEW_POLLERS, jar, few, 1));
      all.add(jar("2 × " + FEW_POLLERS, jar, few, 2));
    } else {
      // The vault's worst case: two new entries per message.
      all.add(jar("new values", jar, Map.of(), 1));
      all.add(jar("new, no vault", jar, NO_VAULT, 1));
    }
    int tries = 0;
    for (String each : options.isEmpty() ? new String[0] : options.split(" *; *", -1)) {
      all.add(tried("tried " + ++tries, jar, List.of(each.split(" ", -1))));
    }
    return all;
  }

  /** The jar with the options that suit a process of minutes (docs/REFERENCE.md). */
  static Contestant job(String jar) {
    return new Contestant(
        "job",
        List.of("-XX:TieredStopAtLevel=1", "-XX:+UseParallelGC", "-jar", jar, "run"),
        Map.of(),
        1,
        false,
        LONG_WARM_UP_SECONDS);
  }

  private static Contestant jar(
      String name, String jar, Map<String, String> environment, int processes) {
    return new Contestant(
        name,
        List.of("-jar", jar, "run"),
        environment,
        processes,
        name.startsWith("new"),
        LONG_WARM_UP_SECONDS);
  }

  private static Contestant onClassPath(
      String name, String main, long warmUpSeconds, String... arguments) {
    List<String> command =
        new ArrayList<>(List.of("-cp", System.getProperty("java.class.path"), main));
    command.addAll(List.of(arguments));
    return new Contestant(name, command, Map.of(), 1, false, warmUpSeconds);
  }

  private static Contestant tried(String name, String jar, List<String> options) {
    List<String> command = new ArrayList<>();
    Map<String, String> environment = new LinkedHashMap<>();
    String tried = jar;
    boolean spring = options.contains("spring");
    for (String option : options) {
      if (option.startsWith("-")) {
        command.add(option);
      } else if (option.endsWith(".jar")) {
        tried = option;
      } else if (option.contains("=")) {
        environment.put(
            option.substring(0, option.indexOf('=')), option.substring(option.indexOf('=') + 1));
      }
    }
    command.addAll(
        spring
            ? List.of("-cp", System.getProperty("java.class.path"), SPRING)
            : List.of("-jar", tried, "run"));
    return new Contestant(name, command, environment, 1, options.contains("new"), LONG_WARM_UP_SECONDS);
  }

  /** Starts one of its processes on a queue. */
  Process start(Map<String, String> common, String queue, Path log) throws IOException {
    ProcessBuilder builder =
        java(environment.getOrDefault("JAVA_HOME", System.getProperty("java.home")), command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().clear();
    builder.environment().putAll(common);
    builder.environment().put("CAMELEON_QUEUE", queue);
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** The JVM of each contestant. */
  static ProcessBuilder java(List<String> arguments) {
    return java(System.getProperty("java.home"), arguments);
  }

  private static ProcessBuilder java(String home, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(home, "bin", "java").toString());
    command.add("-Xmx256m");
    command.addAll(arguments);
    return new ProcessBuilder(command);
  }
}
