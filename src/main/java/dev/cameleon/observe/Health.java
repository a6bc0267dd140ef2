package dev.cameleon.observe;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Whether this process is ready, and if not, why: database, both queues, outage. */
public final class Health {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * The answer of a moment.
   *
   * @param problems what is DOWN, and why; empty if ready
   */
  public record Report(Map<String, String> problems) {
    /** Whether the process is ready. */
    public boolean up() {
      return problems.isEmpty();
    }

    /** The answer for a probe. */
    public String json() {
      ObjectNode root = JSON.createObjectNode().put("status", up() ? "UP" : "DOWN");
      ObjectNode checks = root.putObject("checks");
      problems.forEach(checks::put);
      return root.toString();
    }
  }

  private volatile Supplier<Map<String, String>> problems = () -> Map.of("START", "starting");

  /**
   * Says what is wrong from now on.
   *
   * @param source gives what is DOWN, and why, without waiting for anything
   */
  public void report(Supplier<Map<String, String>> source) {
    problems = source;
  }

  /** Not ready for this one reason. */
  public void waiting(String check, String why) {
    problems = () -> Map.of(check, why);
  }

  /** The state now. */
  public Report ready() {
    return new Report(new LinkedHashMap<>(problems.get()));
  }
}
