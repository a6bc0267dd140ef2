package dev.cameleon.cli.dlq;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.cameleon.cli.console.Confirmation;
import dev.cameleon.cli.console.DurationConverter;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Printable;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.dlq.DeadLetterFilter;
import dev.cameleon.dlq.DeadLetterReason;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dlq purge}: deletes dead letters for good. */
@Command(
    name = "purge",
    mixinStandardHelpOptions = true,
    description = {
      "Delete old dead letters of one reason, for good. Export those that you may"
          + " still need first (dlq export --raw).",
      "Reads the whole queue, shows how many it would delete, and asks for confirmation."
    },
    footer = {"", "Example:", "  dlq purge --reason NOT_JSON --older-than 7d"})
public final class DlqPurgeCommand extends DlqSubcommand {
  /** How many dead letters are deleted between two checks for a request to stop. */
  private static final int DEAD_LETTERS_AT_A_TIME = 100;

  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofDays(3650);

  @Mixin private Confirmation confirmation;

  @Option(
      names = "--reason",
      required = true,
      paramLabel = "REASON",
      description = "Delete only this reason: ${COMPLETION-CANDIDATES}.")
  private DeadLetterReason reason;

  @Option(
      names = "--older-than",
      required = true,
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "Delete only those that failed longer ago than this, for example 7d or 12h.")
  private Duration olderThan;

  @Option(
      names = "--field",
      paramLabel = "FIELD",
      description = "Delete only those about this field of the contract.")
  private String field;

  /** The part of a dead letter that is kept in memory; there may be many. */
  private record Meant(String id, Instant failedAt) {}

  @Override
  public Integer call() throws Exception {
    if (olderThan.compareTo(SHORTEST) < 0 || olderThan.compareTo(LONGEST) > 0) {
      throw new UsageException(
          "--older-than must be a duration of at least 1s, for example 7d; SQS keeps"
              + " messages for at most 14 days");
    }
    Instant before = Instant.now().minus(olderThan);
    DeadLetterFilter selection =
        new DeadLetterFilter(
            Set.of(),
            Optional.of(reason),
            Optional.ofNullable(field),
            Optional.empty(),
            Optional.of(before));
    try (DlqSession dlq = open()) {
      Queue<Meant> meant = new ConcurrentLinkedQueue<>();
      Coverage coverage =
          dlq.read(
              "reading",
              page ->
                  page.stream()
                      .filter(selection)
                      .map(deadLetter -> new Meant(deadLetter.id(), deadLetter.failedAt()))
                      .forEach(meant::add));
      List<Meant> all = List.copyOf(meant);
      if (!all.isEmpty()) {
        confirmation.ask(act(all, dlq), dlq::isStopRequested);
      }
      long deleted = delete(all, dlq);
      print(
          JsonNodeFactory.instance
              .objectNode()
              .put("found", all.size())
              .put("deleted", deleted)
              .put("hidden", coverage.before().hidden()),
          "deleted " + deleted + " of " + all.size());
      if (all.isEmpty() && !options().json()) {
        out().println(coverage.nothing());
      }
      requireWritten();
      requireDeleted(all.size() - deleted, dlq);
    }
    return ExitCode.DONE;
  }

  private static void requireDeleted(long left, DlqSession dlq) throws FailedException {
    if (left == 0) {
      return;
    }
    long reappeared = dlq.deadLetters().reappeared();
    if (reappeared > 0) {
      throw new FailedException(
          reappeared
              + " were not deleted, because reading took longer than the queue hides them; run"
              + " the command again");
    }
    throw new FailedException(
        "%s; %d are still there, and visible again"
            .formatted(dlq.isStopRequested() ? "stopped" : "SQS did not delete all", left));
  }

  private String act(List<Meant> all, DlqSession dlq) {
    Instant oldest = all.stream().map(Meant::failedAt).min(Instant::compareTo).orElseThrow();
    Instant newest = all.stream().map(Meant::failedAt).max(Instant::compareTo).orElseThrow();
    return "delete %d of %d dead letters of %s for good (reason %s%s, failed from %s to %s)"
        .formatted(
            all.size(),
            dlq.deadLetters().count(),
            dlq.queue().name(),
            reason,
            field == null ? "" : ", field " + Printable.text(field),
            DeadLetterView.seconds(oldest),
            DeadLetterView.seconds(newest));
  }

  private static long delete(List<Meant> all, DlqSession dlq) throws InterruptedException {
    long deleted = 0;
    for (int from = 0;
        from < all.size() && !dlq.isStopRequested();
        from += DEAD_LETTERS_AT_A_TIME) {
      List<String> some =
          all.subList(from, Math.min(from + DEAD_LETTERS_AT_A_TIME, all.size())).stream()
              .map(Meant::id)
              .toList();
      deleted += dlq.deadLetters().delete(some).size();
      dlq.progress().at("deleting", deleted, all.size(), "dead letters");
    }
    dlq.progress().end();
    return deleted;
  }
}
