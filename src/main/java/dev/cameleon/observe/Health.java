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

/** Tells whether this process is ready, and if not, why: database, both queues, circuit breaker. */
public final class Health {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * Every check: those of start and stop, the source queue's, and the reasons to hold receiving.
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
   * @param notes what somebody should know although it does not matter for readiness
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
   * @param more returns what else somebody should know; must not block
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
