package dev.cameleon.cli.dlq;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.cli.console.Confirmation;
import dev.cameleon.cli.console.DurationConverter;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Printable;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.dlq.DeadLetterFilter;
import dev.cameleon.dlq.DeadLetterReason;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.UnreachableException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

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
public final class DlqPurgeCommand implements Callable<Integer> {
  /** How many dead letters are deleted between two checks for a request to stop. */
  private static final int LETTERS_AT_A_TIME = 100;

  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofDays(3650);

  @Spec private CommandSpec spec;
  @Mixin private DlqOptions options;

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

  /** The part of a dead letter that is kept in memory: there may be many. */
  private record Meant(String id, Instant failedAt) {}

  @Option(names = "--yes", description = "Do not ask for confirmation.")
  private boolean yes;

  @Override
  public Integer call()
      throws UsageException,
          FailedException,
          InvalidSettingsException,
          UnreachableException,
          InterruptedException {
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
    try (DlqSession dlq = DlqSession.open(options, spec)) {
      Queue<Meant> meant = new ConcurrentLinkedQueue<>();
      Coverage coverage =
          dlq.read(
              "reading",
              Integer.MAX_VALUE,
              page ->
                  page.stream()
                      .filter(selection)
                      .map(deadLetter -> new Meant(deadLetter.id(), deadLetter.failedAt()))
                      .forEach(meant::add));
      List<Meant> all = List.copyOf(meant);
      if (!all.isEmpty()) {
        Confirmation.ask(yes, act(all, dlq), dlq::isStopRequested);
      }
      long deleted = delete(all, dlq);
      print(all.size(), deleted, coverage);
      requireDeleted(all.size() - deleted, dlq);
    }
    return ExitCode.DONE;
  }

  private static void requireDeleted(long left, DlqSession dlq) throws FailedException {
    long reappeared = dlq.deadLetters().reappeared();
    if (left > 0) {
      throw new FailedException(
          reappeared > 0
              ? reappeared
                  + " were not deleted, because reading took longer than the queue hides"
                  + " them; run the command again"
              : (dlq.isStopRequested() ? "stopped; " : "SQS did not delete all; ")
                  + left
                  + " are still there, and visible again");
    }
  }

  private String act(List<Meant> all, DlqSession dlq) {
    Instant oldest = all.stream().map(Meant::failedAt).min(Instant::compareTo).orElseThrow();
    Instant newest = all.stream().map(Meant::failedAt).max(Instant::compareTo).orElseThrow();
    return "delete "
        + all.size()
        + " of "
        + dlq.deadLetters().count()
        + " dead letters of "
        + dlq.queue().name()
        + " for good (reason "
        + reason
        + (field == null ? "" : ", field " + Printable.text(field))
        + ", failed from "
        + DeadLetterView.seconds(oldest)
        + " to "
        + DeadLetterView.seconds(newest)
        + ")";
  }

  private static long delete(List<Meant> all, DlqSession dlq) throws InterruptedException {
    long deleted = 0;
    for (int from = 0; from < all.size() && !dlq.isStopRequested(); from += LETTERS_AT_A_TIME) {
      List<String> some =
          all.subList(from, Math.min(from + LETTERS_AT_A_TIME, all.size())).stream()
              .map(Meant::id)
              .toList();
      deleted += dlq.deadLetters().delete(some).size();
      dlq.progress().at("deleting", deleted, all.size(), "dead letters");
    }
    dlq.progress().end();
    return deleted;
  }

  private void print(long found, long deleted, Coverage coverage) throws FailedException {
    PrintWriter out = spec.commandLine().getOut();
    if (options.json()) {
      ObjectNode report =
          JsonNodeFactory.instance
              .objectNode()
              .put("found", found)
              .put("deleted", deleted)
              .put("hidden", coverage.before().hidden());
      out.println(Printable.json(report));
    } else {
      out.println("deleted " + deleted + " of " + found);
      if (found == 0) {
        out.println(coverage.nothing());
      }
    }
    FailedException.requireWritten(out);
  }
}
