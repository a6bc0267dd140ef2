package dev.cameleon.observe;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.sqs.ReceiveGate;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The readiness of this process, with reasons if it is not ready: database, both queues, circuit
 * breaker.
 */
public final class Health {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * The names of all checks: start and stop, the source queue, and the reasons to pause receiving.
   */
  static final Set<String> CHECKS =
      Stream.concat(
              Stream.of("START", "SQS", "QUEUE", "STOP"),
              Arrays.stream(ReceiveGate.Hold.values()).map(Enum::name))
          .collect(Collectors.toUnmodifiableSet());

  /**
   * The readiness at one moment.
   *
   * @param problems the checks that are DOWN, each with its reason; empty if ready
   * @param notes facts for an operator that do not affect readiness
   */
  public record Report(Map<String, String> problems, Map<String, String> notes) {
    /** Whether the process is ready. */
    public boolean up() {
      return problems.isEmpty();
    }

    /** The answer to a probe, as JSON. */
    public String json() {
      ObjectNode root = JSON.createObjectNode().put("status", up() ? "UP" : "DOWN");
      ObjectNode checks = root.putObject("checks");
      problems.forEach(checks::put);
      if (!notes.isEmpty()) {
        ObjectNode more = root.putObject("notes");
        notes.forEach(more::put);
      }
      return root.toString();
    }
  }

  private volatile Supplier<Map<String, String>> problems = () -> Map.of("START", "starting");
  private volatile Supplier<Map<String, String>> notes = Map::of;

  /**
   * Sets the source of problems from now on.
   *
   * @param source returns the checks that are DOWN, with reasons; must not block
   * @param more returns further facts for an operator; must not block
   */
  public void report(Supplier<Map<String, String>> source, Supplier<Map<String, String>> more) {
    problems = source;
    notes = more;
  }

  /** Reports not ready for this one reason. */
  public void waiting(String check, String why) {
    problems = () -> Map.of(check, why);
  }

  /** The readiness now. */
  public Report ready() {
    return new Report(new LinkedHashMap<>(problems.get()), notes.get());
  }
}
