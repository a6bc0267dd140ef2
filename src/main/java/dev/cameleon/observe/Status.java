package dev.cameleon.observe;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.sqs.Account;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.sqs.SqsQueue;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The status page's data at one moment. Contains no personal data, and no host, user, URL, AWS
 * account or secret.
 *
 * @param pipeline the pipeline's name
 * @param account the counts of messages
 * @param slowing the checks that only slow down receiving
 * @param deadLetters accepted dead letters by reason and field
 * @param deadLetterQueue how many messages the dead-letter queue has; empty while not known
 * @param settings properties and their values
 */
public record Status(
    String pipeline,
    Account account,
    Collection<String> slowing,
    List<DeadLetters> deadLetters,
    Optional<SqsQueue.Depth> deadLetterQueue,
    Map<String, String> settings) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * The dead letters of one reason and field.
   *
   * @param field the field; empty if the fault does not concern one field
   */
  public record DeadLetters(String reason, String field, long messages) {}

  /**
   * The answer to the page, as JSON.
   *
   * @param report the checks that are DOWN and the notes, each with its reason
   * @param uptimeSeconds since the start of the process
   */
  String json(Health.Report report, double uptimeSeconds, long nowMillis) {
    ObjectNode root = root(report, uptimeSeconds).put("pipeline", pipeline);
    slowing.forEach(root.withArray("slowing")::add);
    ObjectNode messages = root.putObject("messages").put("received", account.received());
    for (Outcome outcome : Outcome.values()) {
      messages.put(outcome.label(), account.count(outcome));
    }
    messages
        .put("in_flight", account.inFlight())
        .put("oldest_age_seconds", account.oldestSeconds(nowMillis));
    deadLetterQueue.ifPresent(
        depth ->
            root.putObject("dead_letter_queue")
                .put("visible", depth.visible())
                .put("not_visible", depth.hidden()));
    deadLetters.forEach(
        group ->
            root.withArray("dead_letters")
                .addObject()
                .put("reason", group.reason())
                .put("field", group.field())
                .put("messages", group.messages()));
    settings.forEach(root.withObject("settings")::put);
    return root.toString();
  }

  /** The answer while there is no pipeline yet. */
  static String json(Health.Report report, double uptimeSeconds) {
    return root(report, uptimeSeconds).toString();
  }

  private static ObjectNode root(Health.Report report, double uptimeSeconds) {
    ObjectNode root = JSON.createObjectNode().put("uptime_seconds", uptimeSeconds);
    report.problems().forEach(root.putObject("problems")::put);
    report.notes().forEach(root.putObject("notes")::put);
    root.put("pipeline", "").putArray("slowing");
    root.putArray("dead_letters");
    root.putObject("settings");
    return root;
  }
}
