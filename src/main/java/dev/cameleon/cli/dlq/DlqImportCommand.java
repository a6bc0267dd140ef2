package dev.cameleon.cli.dlq;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.cameleon.app.PrepareRoute;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.dlq.ReceivedDeadLetter;
import dev.cameleon.dlq.SourceQueue;
import dev.cameleon.errors.SafeQuote;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dlq import}: sends messages that were corrected in a file. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description = {
      "Send corrected messages to the source queue with their original ids and dates,"
          + " then delete their dead letters.",
      "FILE is the output of dlq export --raw: edit only \"body\", and remove the"
          + " lines that you do not want to send. The command first checks the whole file,"
          + " also against the current contract; if a line is wrong, it sends nothing. You"
          + " may interrupt and repeat an import: the ledger makes sure that each message is"
          + " loaded once."
    },
    footer = {
      "",
      "Example:",
      "  dlq export corrected.jsonl --field ip --raw --purpose 'correct addresses'",
      "  (edit corrected.jsonl)",
      "  dlq import corrected.jsonl"
    })
public final class DlqImportCommand extends DlqSubcommand {
  private static final int PROBLEMS_SHOWN = 20;

  @Parameters(paramLabel = "FILE", description = "The corrected file.")
  private Path path;

  @Option(
      names = "--keep",
      description = "Keep the dead letters on the queue; dlq purge can delete them later.")
  private boolean keep;

  private final AtomicLong deleted = new AtomicLong();
  private final AtomicLong undeleted = new AtomicLong();

  @Override
  public Integer call() throws Exception {
    if (!Files.isRegularFile(path)) {
      throw new UsageException(SafeQuote.path(path) + " is not a file");
    }
    try (DlqSession dlq = open();
        PrepareRoute preparation = dlq.prepare(dlq.contract())) {
      SourceQueue source = dlq.source();
      CorrectedFile file =
          new CorrectedFile(
              path,
              preparation,
              source.queue().name(),
              source.queue().maxBytes(),
              dlq.remembered());
      CorrectedSender sending = send(file, source, dlq);
      boolean allNamed = sending.deadLetters().size() == sending.sent();
      Optional<FailedException> failure = delete(sending.deadLetters(), dlq);
      print(source, dlq, sending.sent(), allNamed);
      if (failure.isPresent()) {
        throw failure.get();
      }
    }
    return ExitCode.DONE;
  }

  private CorrectedSender send(CorrectedFile file, SourceQueue source, DlqSession dlq)
      throws UsageException, FailedException, InterruptedException {
    CorrectedSender sending = new CorrectedSender(source, dlq, path, check(file));
    try {
      file.read(
          sending::take,
          (line, problem) -> {
            throw sending.changed();
          });
    } catch (IOException e) {
      throw sending.stopped(CorrectedSender.unreadable(path, e));
    }
    sending.finish();
    return sending;
  }

  /**
   * Deletes the dead letters of sent messages, unless {@code --keep} is given. Deletes exactly
   * those that were exported: a newer dead letter of the same message is another failure.
   *
   * @return why some could not be deleted
   */
  private Optional<FailedException> delete(Map<String, String> deadLetters, DlqSession dlq)
      throws InterruptedException {
    if (keep || deadLetters.isEmpty()) {
      return Optional.empty();
    }
    String repeat = "; import the file again: a message sent twice is loaded once";
    try {
      dlq.read(
          "reading",
          page -> {
            List<String> some =
                page.stream()
                    .filter(each -> each.sourceMessageId().equals(deadLetters.get(each.id())))
                    .map(ReceivedDeadLetter::id)
                    .toList();
            int gone = dlq.deadLetters().delete(some).size();
            deleted.addAndGet(gone);
            undeleted.addAndGet(some.size() - gone);
            some.forEach(deadLetters::remove);
            if (deadLetters.isEmpty()) {
              dlq.deadLetters().enough();
            }
          });
    } catch (FailedException e) {
      return Optional.of(
          new FailedException(
              "all messages were sent, but not all dead letters were deleted: "
                  + e.getMessage()
                  + repeat));
    }
    return undeleted.get() == 0
        ? Optional.empty()
        : Optional.of(
            new FailedException(
                "all messages were sent, but %d dead letters could not be deleted and are visible"
                        .formatted(undeleted.get())
                    + " again"
                    + repeat));
  }

  /**
   * Checks every line, so that nothing is sent if one is wrong; returns how many messages there
   * are.
   */
  private long check(CorrectedFile file)
      throws UsageException, FailedException, InterruptedException {
    AtomicLong good = new AtomicLong();
    AtomicLong wrong = new AtomicLong();
    try {
      file.read(
          corrected -> good.incrementAndGet(),
          (line, problem) -> {
            if (wrong.incrementAndGet() <= PROBLEMS_SHOWN) {
              err().println("line " + line + " " + problem);
            }
          });
    } catch (IOException e) {
      throw new UsageException(CorrectedSender.unreadable(path, e));
    }
    if (wrong.get() > PROBLEMS_SHOWN) {
      err().println("... and " + (wrong.get() - PROBLEMS_SHOWN) + " more");
    }
    if (wrong.get() > 0) {
      throw new UsageException(
          "%s: %d lines cannot be imported; nothing was sent"
              .formatted(SafeQuote.path(path), wrong.get()));
    }
    if (good.get() == 0) {
      throw new UsageException(SafeQuote.path(path) + " holds no dead letters; nothing was sent");
    }
    return good.get();
  }

  private void print(SourceQueue source, DlqSession dlq, long sent, boolean allNamed)
      throws FailedException {
    String queue = source.queue().name();
    print(
        JsonNodeFactory.instance
            .objectNode()
            .put("queue", queue)
            .put("sent", sent)
            .put("deleted", deleted.get()),
        "sent %d to %s, deleted %s"
            .formatted(sent, queue, keep ? "none (--keep)" : deleted + " dead letters"));
    if (!options().json()) {
      String next = "next: run loads them; until it runs, they wait on the queue. ";
      String file = SafeQuote.path(path);
      err().println(next + file + " holds personal data: delete it once they are loaded");
    }
    long without = sent - deleted.get() - undeleted.get();
    if (!keep && without > 0) {
      note(
          "no dead letter was deleted for %d of the messages: %sthe dead letter is no longer on %s"
              .formatted(
                  without, allNamed ? "" : "their lines have no \"id\", or ", dlq.queue().name()));
    }
    requireWritten();
  }
}
