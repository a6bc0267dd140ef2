package dev.cameleon.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The results as a table for the terminal, as JSON, and as a chart. */
final class BenchReport {
  private static final int BAR = 26;
  private static final int WIDTH = 760;

  private final Map<String, Map<String, Measured>> results;
  private final int rounds;

  /**
   * Makes one.
   *
   * @param results scenario, then contestant, to the medians
   */
  BenchReport(Map<String, Map<String, Measured>> results, int rounds) {
    this.results = new LinkedHashMap<>();
    results.forEach((scenario, all) -> this.results.put(scenario, withBestBare(all)));
    this.rounds = rounds;
  }

  /** Of the bare clients, the one with the best number of threads is the limit. */
  private static Map<String, Measured> withBestBare(Map<String, Measured> all) {
    Map<String, Measured> kept = new LinkedHashMap<>();
    all.forEach(
        (name, measured) -> {
          String key = name.startsWith("bare") ? "bare" : name;
          Measured before = kept.get(key);
          if (before == null || before.messagesPerSecond() < measured.messagesPerSecond()) {
            kept.put(key, measured);
          }
        });
    return kept;
  }

  String table() {
    StringBuilder text = new StringBuilder();
    results.forEach(
        (scenario, all) -> {
          text.append(
              String.format(
                  "%nRound trip to SQS %s; medians of %d rounds%n  %-10s %9s %8s %9s %9s %8s %7s%n",
                  scenario,
                  rounds,
                  "",
                  "msg/s",
                  "× bare",
                  "CPU-s/1k",
                  "SQS CPU",
                  "calls/1k",
                  "MB"));
          Measured bare = all.get("bare");
          all.forEach(
              (name, each) ->
                  text.append(
                      String.format(
                          Locale.ROOT,
                          "  %-10s %,9.0f %8s %9.3f %9.3f %8.0f %7.0f%n",
                          name,
                          each.messagesPerSecond(),
                          ratio(each, bare),
                          each.cpuSecondsPer1000(),
                          each.sqsCpuSecondsPer1000(),
                          each.callsPer1000(),
                          each.peakMegabytes())));
          text.append(ratios(all));
        });
    return text.toString();
  }

  private static String ratios(Map<String, Measured> all) {
    Measured cameleon = all.get("cameleon");
    StringBuilder text = new StringBuilder();
    for (String other : new String[] {"by hand", "bare", "naive"}) {
      if (cameleon != null && all.containsKey(other)) {
        text.append(
            String.format("  cameleon / %-8s %s%n", other, ratio(cameleon, all.get(other))));
      }
    }
    if (cameleon != null) {
      text.append(
          String.format(Locale.ROOT, "  start to first row %.1f s%n", cameleon.firstRowSeconds()));
    }
    return text.toString();
  }

  private static String ratio(Measured one, Measured other) {
    return other == null
        ? ""
        : String.format(Locale.ROOT, "%.2f", one.messagesPerSecond() / other.messagesPerSecond());
  }

  String json() {
    ObjectNode root = JsonMapper.builder().build().createObjectNode();
    root.put("date", LocalDate.now(java.time.ZoneOffset.UTC).toString());
    root.put("java", System.getProperty("java.version"));
    root.put("cores", Runtime.getRuntime().availableProcessors());
    root.put("rounds", rounds);
    results.forEach(
        (scenario, all) -> {
          ObjectNode each = root.putObject(scenario);
          all.forEach(
              (name, measured) ->
                  each.putObject(name)
                      .put("messagesPerSecond", Math.round(measured.messagesPerSecond()))
                      .put("cpuSecondsPer1000", measured.cpuSecondsPer1000())
                      .put("sqsCpuSecondsPer1000", measured.sqsCpuSecondsPer1000())
                      .put("callsPer1000", measured.callsPer1000())
                      .put("peakMegabytes", Math.round(measured.peakMegabytes()))
                      .put("firstRowSeconds", measured.firstRowSeconds()));
        });
    return root.toPrettyString() + "\n";
  }

  String svg() {
    StringBuilder bars = new StringBuilder();
    double most =
        results.values().stream()
            .flatMap(all -> all.values().stream())
            .mapToDouble(Measured::messagesPerSecond)
            .max()
            .orElse(1);
    int y = 20;
    for (Map.Entry<String, Map<String, Measured>> scenario : results.entrySet()) {
      bars.append(
          text(10, y + 8, "Round trip to SQS " + scenario.getKey() + ", messages per second"));
      y += BAR;
      for (Map.Entry<String, Measured> each : scenario.getValue().entrySet()) {
        double value = each.getValue().messagesPerSecond();
        long width = Math.round(value / most * (WIDTH - 220));
        String color = each.getKey().equals("cameleon") ? "#2a7" : "#9ab";
        bars.append(text(20, y + 14, each.getKey()))
            .append(
                String.format(
                    "<rect x=\"110\" y=\"%d\" width=\"%d\" height=\"18\" fill=\"%s\"/>%n",
                    y, width, color))
            .append(text(116 + width, y + 14, String.format(Locale.ROOT, "%,.0f", value)));
        y += BAR;
      }
      y += 14;
    }
    return String.format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family="
            + "\"sans-serif\" font-size=\"13\">%n<rect width=\"100%%\" height=\"100%%\""
            + " fill=\"white\"/>%n%s</svg>%n",
        WIDTH, y, bars);
  }

  private static String text(long x, int y, String text) {
    return String.format("<text x=\"%d\" y=\"%d\">%s</text>%n", x, y, text);
  }
}
