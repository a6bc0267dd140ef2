package dev.cameleon.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The cold starts as a table for the terminal, as JSON, and as a chart. */
final class ColdReport {
  private static final int HEIGHT = 220;
  private static final String[] COLORS = {
    "#89a", "#c84", "#b6c", "#48c", "#2a7", "#d55", "#aa3", "#5bb", "#777"
  };

  private final Map<String, Map<String, List<ColdRun>>> scenarios = new LinkedHashMap<>();
  private final int rounds;

  ColdReport(int rounds) {
    this.rounds = rounds;
  }

  void add(long sqsMillis, int messages, Map<String, List<ColdRun>> runs) {
    scenarios.put(Svg.format("%,d messages at %d ms", messages, sqsMillis), runs);
  }

  String table() {
    StringBuilder text = new StringBuilder();
    scenarios.forEach(
        (name, runs) -> {
          text.append(
              Svg.format(
                  "%nFrom process start: %s; medians of %d rounds%n  %-10s %7s %7s %9s %8s %6s %6s%n",
                  name, rounds, "", "s", "first s", "msg/s", "/ spring", "CPU-s", "MB"));
          runs.forEach(
              (contestant, all) ->
                  text.append(
                      Svg.format(
                          "  %-10s %7.1f %7.2f %,9.0f %8s %6.1f %6.0f%n",
                          contestant,
                          median(all, ColdRun::seconds),
                          median(all, ColdRun::firstSeconds),
                          median(all, ColdRun::messagesPerSecond),
                          ratio(all, runs.get("spring")),
                          median(all, ColdRun::cpuSeconds),
                          median(all, ColdRun::peakMegabytes))));
        });
    return text.toString();
  }

  private static String ratio(List<ColdRun> some, List<ColdRun> spring) {
    return spring == null
        ? ""
        : Svg.format(
            "%.2f",
            median(some, ColdRun::messagesPerSecond) / median(spring, ColdRun::messagesPerSecond));
  }

  private static double median(List<ColdRun> runs, ToDoubleFunction<ColdRun> figure) {
    return Measured.median(runs.stream().map(figure::applyAsDouble).toList());
  }

  /** The median run, whose series represents all runs. */
  private static ColdRun middle(List<ColdRun> runs) {
    return runs.stream()
        .sorted(Comparator.comparingDouble(ColdRun::messagesPerSecond))
        .toList()
        .get(runs.size() / 2);
  }

  /** Messages deleted in each second. */
  private static List<Long> rates(ColdRun run) {
    List<Long> rates = new ArrayList<>();
    long before = 0;
    for (long deleted : run.series()) {
      rates.add(deleted - before);
      before = deleted;
    }
    return rates;
  }

  String json() {
    ObjectNode root = JsonMapper.builder().build().createObjectNode();
    root.put("java", System.getProperty("java.vm.name") + " " + Runtime.version())
        .put("cores", Runtime.getRuntime().availableProcessors())
        .put("rounds", rounds);
    scenarios.forEach(
        (name, runs) -> {
          ObjectNode scenario = root.putObject(name);
          runs.forEach(
              (contestant, all) -> {
                ObjectNode node = scenario.putObject(contestant);
                node.put("seconds", rounded(median(all, ColdRun::seconds)))
                    .put("firstSeconds", rounded(median(all, ColdRun::firstSeconds)))
                    .put("messagesPerSecond", Math.round(median(all, ColdRun::messagesPerSecond)))
                    .put("cpuSeconds", rounded(median(all, ColdRun::cpuSeconds)))
                    .put("peakMegabytes", Math.round(median(all, ColdRun::peakMegabytes)));
                ArrayNode series = node.putArray("messagesInEachSecond");
                rates(middle(all)).forEach(series::add);
              });
        });
    return root.toPrettyString() + "\n";
  }

  private static double rounded(double figure) {
    return Math.round(figure * 100) / 100.0;
  }

  /** A line for each contestant: messages deleted in each second since its start. */
  String svg() {
    StringBuilder charts = new StringBuilder();
    int top = 10;
    for (Map.Entry<String, Map<String, List<ColdRun>>> scenario : scenarios.entrySet()) {
      charts.append(chart(top, scenario.getKey(), scenario.getValue()));
      top += HEIGHT + 50;
    }
    return Svg.document(top, charts);
  }

  private static String chart(int top, String name, Map<String, List<ColdRun>> runs) {
    long most = 1;
    int seconds = 1;
    for (List<ColdRun> all : runs.values()) {
      most = Math.max(most, rates(middle(all)).stream().mapToLong(Long::longValue).max().orElse(1));
      seconds = Math.max(seconds, middle(all).series().size());
    }
    double perSecond = (Svg.WIDTH - 220.0) / seconds;
    StringBuilder chart = new StringBuilder();
    chart
        .append(Svg.text(10, top + 10, name + ": messages in each second since the start"))
        .append(Svg.text(10, top + 34, Svg.format("%,d", most)))
        .append(Svg.text(Svg.WIDTH - 150, top + HEIGHT + 20, Svg.format("%d s", seconds)));
    int color = 0;
    for (Map.Entry<String, List<ColdRun>> each : runs.entrySet()) {
      StringBuilder points = new StringBuilder(Svg.format("70,%d", top + HEIGHT));
      int second = 0;
      for (long rate : rates(middle(each.getValue()))) {
        points.append(
            Svg.format(
                " %.0f,%.0f",
                70 + ++second * perSecond, top + HEIGHT - rate * (HEIGHT - 30.0) / most));
      }
      String paint = COLORS[color % COLORS.length];
      chart
          .append(
              Svg.format(
                  "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n",
                  points, paint))
          .append(
              Svg.format(
                  "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/>%n",
                  Svg.WIDTH - 135, top + 24 + color * 20, paint))
          .append(Svg.text(Svg.WIDTH - 118, top + 35 + color * 20, each.getKey()));
      color++;
    }
    return chart.toString();
  }
}
