package dev.cameleon.cli.dlq;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Printable;
import dev.cameleon.dlq.DryRun;
import dev.cameleon.dlq.Replay;
import dev.cameleon.dlq.ReplaySelection;
import dev.cameleon.dlq.SkipReason;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reports the result of {@code dlq replay}, or of its dry run. */
final class ReplayReport {
  private final DlqSubcommand command;
  private final PrintWriter out;
  private final PrintWriter err;
  private final ReplaySelection selection;
  private final String source;

  /**
   * Reports one replay.
   *
   * @param source the name of the queue that the messages are sent to
   */
  ReplayReport(DlqSubcommand command, ReplaySelection selection, String source) {
    this.command = command;
    this.out = command.out();
    this.err = command.err();
    this.selection = selection;
    this.source = source;
  }

  /**
   * Prints the result of a replay.
   *
   * @param stopped why it ended before the end of the queue; empty if it reached the end
   * @param named whether ids were given: then each skipped dead letter is a failure, even if this
   *     command had already sent its message
   * @param hidden how many dead letters were hidden by other readers
   * @param coverage how much was read; empty if it was stopped
   * @return whether everything requested was done
   * @throws FailedException if it was stopped, or the source queue failed, or the result cannot be
   *     written
   */
  boolean print(
      Replay replay,
      Optional<String> stopped,
      boolean named,
      long hidden,
      Optional<Coverage> coverage)
      throws FailedException {
    Optional<String> failure =
        replay
            .failure()
            .map(why -> "the queue " + source + " does not accept messages: " + why)
            .or(() -> stopped);
    if (command.options().json()) {
      ObjectNode report =
          JsonNodeFactory.instance
              .objectNode()
              .put("queue", source)
              .put("replayed", replay.replayed())
              .put("not_deleted", replay.undeleted())
              .put("hidden", hidden);
      addLeft(report).put("failure", failure.orElse(null));
      out.println(Printable.json(report));
    } else {
      out.println("replayed " + replay.replayed() + ", left " + leftInWords());
      if (replay.replayed() + left() == 0) {
        coverage.ifPresent(all -> out.println(all.nothing()));
      }
      explainLeft();
    }
    explain(replay);
    command.requireWritten();
    if (failure.isPresent()) {
      throw new FailedException(failure.get());
    }
    return replay.undeleted() == 0
        && selection.left().keySet().stream()
            .allMatch(why -> !named && why == SkipReason.REPLAYED_BEFORE);
  }

  private void explain(Replay replay) {
    if (!replay.refusals().isEmpty()) {
      command.note("SQS answered " + String.join(", ", replay.refusals()));
    }
    if (replay.undeleted() > 0) {
      command.note(
          "%d were sent but could not be deleted from the dead-letter queue, and are visible again;"
                  .formatted(replay.undeleted())
              + " replay them again: a message sent twice is loaded once");
    }
    if (replay.replayed() > 0 && !command.options().json()) {
      err.println(
          "next: run loads them from %s; until it runs, they wait there. Messages that fail again"
                  .formatted(source)
              + " become new dead letters: dlq list");
    }
  }

  /** Prints the result of a dry run. */
  void print(DryRun rehearsal, Coverage coverage) throws FailedException {
    long failing =
        rehearsal.failures().stream().mapToLong(failure -> failure.getValue().count()).sum();
    long returning = rehearsal.returning().values().stream().mapToLong(Long::longValue).sum();
    if (command.options().json()) {
      out.println(
          Printable.json(
              json(rehearsal, failing)
                  .put("return", returning)
                  .put("hidden", coverage.before().hidden())));
      command.requireWritten();
      return;
    }
    out.println(
        "would pass now: %d of %d"
            .formatted(rehearsal.passing(), rehearsal.passing() + failing + returning));
    if (rehearsal.rejectedBefore() > 0) {
      out.println(
          "  including %d that the database refused before (DATA_REJECTED): they pass the contract,"
                  .formatted(rehearsal.rejectedBefore())
              + " but the dry run does not ask the database");
    }
    out.println("would fail again: " + failing);
    rehearsal
        .returning()
        .forEach(
            (why, count) ->
                out.println("would return to the queue: " + count + ", because " + why));
    if (rehearsal.passing() + failing + returning + left() == 0) {
      out.println(coverage.nothing());
    }
    String line = "  %7s  %-24s  %-24s  %s%n";
    if (failing > 0) {
      out.printf(line, "COUNT", "NOW", "BEFORE", "EXAMPLE");
    }
    for (Map.Entry<DryRun.Failure, DryRun.Tally> one : rehearsal.failures()) {
      DryRun.Failure failure = one.getKey();
      out.printf(
          line,
          one.getValue().count(),
          (failure.reason() + " " + failure.field()).strip(),
          (failure.before() + " " + failure.fieldBefore()).strip(),
          one.getValue().example());
    }
    if (!selection.left().isEmpty()) {
      out.println("would be left: " + leftInWords());
    }
    explainLeft();
    if (rehearsal.passing() > 0) {
      command.note(
          "this dry run used the route prepare and the contract of this folder. Before"
              + " you replay, reload or restart run if you changed them; to test load.sql:"
              + " check");
    }
    command.requireWritten();
  }

  private ObjectNode json(DryRun rehearsal, long failing) {
    ObjectNode report =
        JsonNodeFactory.instance
            .objectNode()
            .put("queue", source)
            .put("dry_run", true)
            .put("pass", rehearsal.passing())
            .put("pass_database_not_asked", rehearsal.rejectedBefore())
            .put("fail", failing);
    ArrayNode failures = report.putArray("failures");
    for (Map.Entry<DryRun.Failure, DryRun.Tally> one : rehearsal.failures()) {
      DryRun.Failure failure = one.getKey();
      failures
          .addObject()
          .put("reason", failure.reason().name())
          .put("field", DeadLetterView.known(failure.field()))
          .put("reason_before", failure.before().name())
          .<ObjectNode>setAll(DeadLetterView.field("field_before", failure.fieldBefore()))
          .put("count", one.getValue().count())
          .put("example", one.getValue().example());
    }
    return addLeft(report);
  }

  private ObjectNode addLeft(ObjectNode report) {
    report.put("left", left());
    ObjectNode why = report.putObject("left_by_reason");
    selection.left().forEach((left, count) -> why.put(left.key(), count));
    return report;
  }

  private long left() {
    return selection.left().values().stream().mapToLong(Long::longValue).sum();
  }

  private String leftInWords() {
    String why =
        selection.left().entrySet().stream()
            .map(left -> left.getValue() + " " + left.getKey().brief())
            .collect(Collectors.joining(", "));
    return left() + (why.isEmpty() ? "" : " (" + why + ")");
  }

  private void explainLeft() {
    selection.left().forEach((why, count) -> command.note(count + " left: " + why.words()));
  }
}
