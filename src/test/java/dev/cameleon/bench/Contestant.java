package dev.cameleon.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Who is measured.
 *
 * @param name in the results
 * @param command after {@code java -Xmx256m}
 */
record Contestant(String name, List<String> command) {
  private static final int[] BARE_THREADS = {16, 64};

  /** Those of one run: bare with several numbers of threads, of which the best counts. */
  static List<Contestant> all(String jar) {
    List<Contestant> all = new ArrayList<>();
    for (int threads : BARE_THREADS) {
      all.add(new Contestant("bare/" + threads, onClassPath(Bare.class, "" + threads)));
    }
    all.add(new Contestant("by hand", onClassPath(ByHand.class)));
    all.add(new Contestant("naive", onClassPath(Naive.class)));
    all.add(new Contestant("cameleon", List.of("-jar", jar, "run")));
    return all;
  }

  private static List<String> onClassPath(Class<?> main, String... arguments) {
    List<String> command =
        new ArrayList<>(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }
}
