package dev.cameleon.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.CamelContext;
import software.amazon.awssdk.core.util.VersionInfo;

/** The results as a table for the terminal, as JSON, and as a chart. */
final class BenchReport {
  private static final int BAR = 26;

  private final Map<Long, Map<String, Measured>> results = new LinkedHashMap<>();
  private final Map<Long, Idle> idle = new LinkedHashMap<>();
  private final int rounds;

  BenchReport(int rounds) {
    this.rounds = rounds;
  }

  /** The medians of a scenario. */
  void add(long millis, Map<String, Measured> medians) {
    results.put(millis, medians);
  }

  /** Adds the measurements of the idle jar. */
  void add(long millis, Idle measured) {
    idle.put(millis, measured);
  }

  String table() {
    StringBuilder text = new StringBuilder();
    results.forEach(
        (millis, all) -> {
          text.append(
              Svg.format(
                  "%nRound trip to SQS %d ms; medians of %d rounds%n  %-13s %9s %8s %10s %9s %9s"
                      + " %9s %6s%n",
                  millis,
                  rounds,
                  "",
                  "msg/s",
                  "× bare",
                  "CPU-s/1000",
                  "of SQS",
                  "of PG",
                  "calls/1000",
                  "MB"));
          all.forEach(
              (name, each) ->
                  text.append(
                      Svg.format(
                          "  %-13s %,9.0f %8s %10.3f %9.3f %9.3f %9.0f %6.0f%n",
                          name,
                          each.messagesPerSecond(),
                          ratio(each, all.get("bare")),
                          each.cpuSecondsPer1000(),
                          each.sqsCpuSecondsPer1000(),
                          each.postgresCpuSecondsPer1000(),
                          each.callsPer1000(),
                          each.peakMegabytes())));
          text.append(ratios(all));
          if (idle.containsKey(millis)) {
            text.append(line(all.get("cameleon"), idle.get(millis)));
          }
        });
    return text.toString();
  }

  private static String ratios(Map<String, Measured> all) {
    Measured cameleon = all.get("cameleon");
    if (cameleon == null) {
      return "";
    }
    StringBuilder text = new StringBuilder();
    for (String other : new String[] {"by hand", "bare", "naive", "spring", "no vault"}) {
      if (all.containsKey(other)) {
        text.append(Svg.format("  cameleon / %-10s %s%n", other, ratio(cameleon, all.get(other))));
      }
    }
    if (all.containsKey("new, no vault")) {
      text.append(
          Svg.format(
              "  new values / new, no vault  %s%n",
              ratio(all.get("new values"), all.get("new, no vault"))));
    }
    if (all.containsKey("2 × 32")) {
      text.append(
          Svg.format(
              "  two processes / one, 32 pollers each  %s%n",
              ratio(all.get("2 × 32"), all.get("1 × 32"))));
    }
    return text.toString();
  }

  private static String line(Measured measured, Idle idle) {
    return Svg.format(
        "  cameleon: start to first row %.1f s; idle %.0f receives in 10 s and %.1f %% of a core; a"
            + " lone message %.0f ms; stop %.1f s%n",
        measured.firstRowSeconds(),
        idle.receivesPer10Seconds(),
        idle.cpuCores() * 100,
        idle.loneMessageMillis(),
        idle.stopSeconds());
  }

  private static String ratio(Measured one, Measured other) {
    return other == null ? "" : Svg.format("%.2f", one.messagesPerSecond() / other.messagesPerSecond());
  }

  String json() {
    ObjectNode root = JsonMapper.builder().build().createObjectNode();
    root.put("date", LocalDate.now(ZoneOffset.UTC).toString())
        .put("java", System.getProperty("java.vm.name") + " " + Runtime.version())
        .put("camel", CamelContext.class.getPackage().getImplementationVersion())
        .put("awsSdk", VersionInfo.SDK_VERSION)
        .put("cores", Runtime.getRuntime().availableProcessors())
        .put("rounds", rounds);
    results.forEach(
        (millis, all) -> {
          ObjectNode scenario = root.putObject(millis + " ms");
          all.forEach(
              (name, each) ->
                  scenario
                      .putObject(name)
                      .put("messagesPerSecond", Math.round(each.messagesPerSecond()))
                      .put("cpuSecondsPer1000", round(each.cpuSecondsPer1000()))
                      .put("sqsCpuSecondsPer1000", round(each.sqsCpuSecondsPer1000()))
                      .put("postgresCpuSecondsPer1000", round(each.postgresCpuSecondsPer1000()))
                      .put("callsPer1000", round(each.callsPer1000()))
                      .put("peakMegabytes", Math.round(each.peakMegabytes()))
                      .put("firstRowSeconds", round(each.firstRowSeconds())));
          if (idle.containsKey(millis)) {
            Idle each = idle.get(millis);
            scenario
                .putObject("cameleon idle")
                .put("receivesPer10Seconds", round(each.receivesPer10Seconds()))
                .put("cpuCores", round(each.cpuCores()))
                .put("loneMessageMillis", Math.round(each.loneMessageMillis()))
                .put("stopSeconds", round(each.stopSeconds()));
          }
        });
    return root.toPrettyString() + "\n";
  }

  private static double round(double figure) {
    return Math.round(figure * 1000) / 1000.0;
  }

  String svg() {
    StringBuilder bars = new StringBuilder();
    int y = 20;
    for (Map.Entry<Long, Map<String, Measured>> scenario : results.entrySet()) {
      double most =
          scenario.getValue().entrySet().stream()
              .filter(each -> !each.getKey().equals("stand-in"))
              .mapToDouble(each -> each.getValue().messagesPerSecond())
              .max()
              .orElse(1);
      bars.append(
          Svg.text(10, y + 8, "Round trip to SQS " + scenario.getKey() + " ms: messages per second"));
      y += BAR;
      for (Map.Entry<String, Measured> each : scenario.getValue().entrySet()) {
        if (each.getKey().equals("stand-in")) {
          continue;
        }
        double value = each.getValue().messagesPerSecond();
        long width = Math.round(value / most * (Svg.WIDTH - 220));
        String color = each.getKey().equals("cameleon") ? "#2a7" : "#9ab";
        bars.append(Svg.text(20, y + 14, each.getKey()))
            .append(
                Svg.format(
                    "<rect x=\"120\" y=\"%d\" width=\"%d\" height=\"18\" fill=\"%s\"/>%n",
                    y, width, color))
            .append(Svg.text(126 + width, y + 14, Svg.format("%,.0f", value)));
        y += BAR;
      }
      y += 14;
    }
    return Svg.document(y, bars);
  }
}
