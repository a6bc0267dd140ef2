package dev.cameleon.cli.dlq;

import dev.cameleon.app.PrepareRoute;
import dev.cameleon.cli.console.Confirmation;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.PrivateKeyOption;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.contract.Contract;
import dev.cameleon.dlq.Bodies;
import dev.cameleon.dlq.DeadLetterFilter;
import dev.cameleon.dlq.DryRun;
import dev.cameleon.dlq.ReceivedDeadLetter;
import dev.cameleon.dlq.Replay;
import dev.cameleon.dlq.ReplaySelection;
import dev.cameleon.dlq.SourceQueue;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.sqs.SqsErrors;
import dev.cameleon.sqs.SqsQueue;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import software.amazon.awssdk.core.exception.SdkException;

/** {@code dlq replay}: sends messages again, or predicts the result with a dry run. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    description = {
      "Send the original messages back to the source queue with their original ids and"
          + " dates, and delete each dead letter whose message SQS accepted.",
      "You may interrupt and repeat a replay: the ledger makes sure that each message"
          + " is loaded once. A message that fails again becomes a new dead letter; the same"
          + " command does not send it twice."
    },
    footer = {
      "",
      "Examples:",
      "  dlq replay --field ip --dry-run   how many would pass the contract now",
      "  dlq replay --field ip             send them again",
      "  dlq replay --all --rate 100       everything, 100 messages per second",
      "Exits with 1 if a selected dead letter could not be replayed."
    })
public final class DlqReplayCommand extends DlqSubcommand {
  private static final int MOST_PER_SECOND = 100_000;

  @Mixin private FilterOptions select;
  @Mixin private PrivateKeyOption privateKey;
  @Mixin private Confirmation confirmation;

  @Parameters(
      paramLabel = "ID",
      arity = "0..*",
      description = "Ids of dead letters (see dlq list --each), or of their source messages.")
  private List<String> ids = List.of();

  @Option(names = "--all", description = "Replay all dead letters; asks for confirmation.")
  private boolean all;

  @Option(
      names = "--dry-run",
      description =
          "Send nothing: apply the current route prepare and contract to the selected dead"
              + " letters, or to all, and report how many would pass. The dry run does not"
              + " ask the database.")
  private boolean dryRun;

  @Option(names = "--rate", paramLabel = "N", description = "Send at most N messages per second.")
  private Integer rate;

  private final Set<String> missing = ConcurrentHashMap.newKeySet();

  @Override
  public Integer call() throws Exception {
    Set<String> wanted = checkUsage();
    missing.addAll(wanted);
    DeadLetterFilter selection = select.selection(wanted);
    Bodies bodies = privateKey.bodies();
    try (DlqSession dlq = open()) {
      SourceQueue source = dlq.source();
      SqsQueue queue = source.queue();
      ReplaySelection replayable =
          new ReplaySelection(
              bodies, queue.name(), queue.maxBytes(), dlq.remembered(), !wanted.isEmpty());
      ReplayReport report = new ReplayReport(this, replayable, queue.name());
      if (dryRun) {
        rehearse(dlq, selection, replayable, report);
        return ExitCode.DONE;
      }
      if (all) {
        confirmation.ask("replay all " + count(dlq), dlq::isStopRequested);
      }
      Replay replay =
          new Replay(
              dlq.deadLetters(), source, replayable, rate == null ? 0 : rate, dlq::isStopRequested);
      return replay(dlq, selection, replay, report) ? ExitCode.DONE : ExitCode.FAILED;
    }
  }

  private void rehearse(
      DlqSession dlq, DeadLetterFilter selection, ReplaySelection replayable, ReplayReport report)
      throws InvalidSettingsException, FailedException, InterruptedException {
    Contract contract = dlq.contract();
    try (PrepareRoute preparation = dlq.prepare(contract)) {
      DryRun rehearsal = new DryRun(replayable, contract.fields(), preparation);
      Coverage coverage = dlq.read("trying", page -> rehearsal.tryOut(meant(page, selection, dlq)));
      report.print(rehearsal, coverage);
    }
    refuseMissing(dlq);
  }

  /** Returns whether everything requested was done. */
  private boolean replay(
      DlqSession dlq, DeadLetterFilter selection, Replay replay, ReplayReport report)
      throws FailedException, InterruptedException {
    Optional<String> stopped = Optional.empty();
    Optional<Coverage> coverage = Optional.empty();
    try {
      coverage =
          Optional.of(dlq.read("replaying", page -> replay.replay(meant(page, selection, dlq))));
    } catch (FailedException e) {
      stopped = Optional.of(e.getMessage()); // report what was done so far first
    }
    boolean done = report.print(replay, stopped, !ids.isEmpty(), dlq.before().hidden(), coverage);
    refuseMissing(dlq);
    return done;
  }

  /** Checks the arguments; returns the ids, if there are any. */
  private Set<String> checkUsage() throws UsageException {
    if (all && (!ids.isEmpty() || select.isByFault())) {
      throw new UsageException("give --all, or ids, --reason or --field, not both");
    }
    if (!all && !dryRun && ids.isEmpty() && !select.isByFault()) {
      throw new UsageException(
          "select dead letters: ids (see: dlq list --each), --reason, --field, or"
              + " --all; to try without sending: dlq replay --dry-run");
    }
    if (rate != null && (rate < 1 || rate > MOST_PER_SECOND)) {
      throw new UsageException("--rate must be at least 1 message per second");
    }
    Set<String> wanted = ConcurrentHashMap.newKeySet();
    for (int i = 0; i < ids.size(); i++) {
      String argument = "argument " + (i + 1); // the text is not shown: it may be personal
      wanted.add(
          MessageId.parse(ids.get(i))
              .orElseThrow(
                  () ->
                      new UsageException(argument + " is not a message id, " + MessageId.EXAMPLE)));
    }
    return wanted;
  }

  private static String count(DlqSession dlq) throws FailedException {
    try {
      long count = dlq.queue().depth(dlq.sqs()).visible();
      return "(about " + count + ") dead letters of " + dlq.queue().name();
    } catch (SdkException e) {
      throw new FailedException(
          "cannot count the messages of the queue %s : %s"
              .formatted(dlq.queue().name(), SqsErrors.describe(e)));
    }
  }

  /** The selected dead letters of a page. Ends reading once all ids given are found. */
  private List<ReceivedDeadLetter> meant(
      List<ReceivedDeadLetter> page, DeadLetterFilter selection, DlqSession dlq) {
    List<ReceivedDeadLetter> meant = page.stream().filter(selection).toList();
    if (!ids.isEmpty()) {
      meant.forEach(
          deadLetter -> {
            missing.remove(deadLetter.id());
            missing.remove(deadLetter.sourceMessageId());
          });
      if (missing.isEmpty()) {
        dlq.deadLetters().enough();
      }
    }
    return meant;
  }

  private void refuseMissing(DlqSession dlq) throws FailedException {
    if (!missing.isEmpty()) {
      throw new FailedException(
          "not among the %d dead letters read from %s%s: %s; to list the ids: dlq list --each --all"
              .formatted(
                  dlq.deadLetters().count(),
                  dlq.queue().name(),
                  select.isByFault() ? ", or excluded by --reason or --field" : "",
                  String.join(", ", missing)));
    }
  }
}
