package dev.cameleon.cli.console;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Prints the findings of {@code check} and {@code doctor}. */
public final class Findings {
  private record Line(String check, String result, String detail) {}

  private final List<Line> lines = new ArrayList<>();

  /**
   * Adds a finding.
   *
   * @param check what was checked
   * @param result its severity
   * @param detail one sentence
   */
  public void add(String check, Enum<?> result, String detail) {
    lines.add(new Line(check, result.name(), detail));
  }

  /** Prints all findings, as a table or as one JSON array. */
  public void print(PrintWriter out, boolean json) {
    if (json) {
      ArrayNode all = JsonMapper.builder().build().createArrayNode();
      lines.forEach(
          line ->
              all.addObject()
                  .put("check", line.check())
                  .put("result", line.result())
                  .put("detail", line.detail()));
      out.println(all);
    } else {
      lines.forEach(
          line -> out.printf("%-7s %-12s %s%n", line.result(), line.check(), line.detail()));
    }
  }
}
