package dev.cameleon.cli.dlq;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Printable;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.cli.dlq.CorrectedFile.Corrected;
import dev.cameleon.dlq.ReceivedDeadLetter;
import dev.cameleon.dlq.SourceQueue;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.SafeQuote;
import dev.cameleon.errors.UnreachableException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

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
public final class DlqImportCommand implements Callable<Integer> {
  private static final int PROBLEMS_SHOWN = 20;

  @Spec private CommandSpec spec;
  @Mixin private DlqOptions options;

  @Parameters(paramLabel = "FILE", description = "The corrected file.")
  private Path path;

  @Option(
      names = "--keep",
      description = "Keep the dead letters on the queue; dlq purge can delete them later.")
  private boolean keep;

  private final AtomicLong deleted = new AtomicLong();
  private final AtomicLong undeleted = new AtomicLong();

  @Override
  public Integer call()
      throws UsageException,
          FailedException,
          InvalidSettingsException,
          UnreachableException,
          InterruptedException {
    if (!Files.isRegularFile(path)) {
      throw new UsageException(SafeQuote.path(path) + " is not a file");
    }
    try (DlqSession dlq = DlqSession.open(options, spec)) {
      SourceQueue source = dlq.source();
      CorrectedFile file =
          new CorrectedFile(
              path,
              dlq.contract(),
              source.queue().name(),
              source.queue().maxBytes(),
              dlq.remembered());
      CorrectedSender sending = send(file, source, dlq);
      boolean allNamed = sending.deadLetters().size() == sending.sent();
      Optional<FailedException> failure = delete(sending, dlq);
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
      file.read(sending);
    } catch (IOException e) {
      throw new FailedException(
          SafeQuote.path(path)
              + " cannot be read ("
              + e.getClass().getSimpleName()
              + "); "
              + sending.soFar());
    }
    sending.finish();
    return sending;
  }

  /**
   * Deletes the dead letters of sent messages unless they are to be kept; returns why some could
   * not be deleted.
   */
  private Optional<FailedException> delete(CorrectedSender sending, DlqSession dlq)
      throws InterruptedException {
    String failure = "";
    if (!keep && !sending.deadLetters().isEmpty()) {
      try {
        delete(sending.deadLetters(), dlq);
      } catch (FailedException e) {
        failure = "not all dead letters were deleted: " + e.getMessage();
      }
    }
    if (failure.isEmpty() && undeleted.get() > 0) {
      failure = undeleted + " dead letters could not be deleted and are visible again";
    }
    return failure.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new FailedException(
                "all messages were sent, but "
                    + failure
                    + "; import the file again: a message sent twice is loaded once"));
  }

  /**
   * Checks every line, so that nothing is sent if one is wrong; returns how many messages there
   * are.
   */
  private long check(CorrectedFile file)
      throws UsageException, FailedException, InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    AtomicLong good = new AtomicLong();
    AtomicLong wrong = new AtomicLong();
    try {
      file.read(
          new CorrectedFile.Taker() {
            @Override
            public void take(Corrected corrected) {
              good.incrementAndGet();
            }

            @Override
            public void refuse(int line, String problem) {
              if (wrong.incrementAndGet() <= PROBLEMS_SHOWN) {
                err.println("line " + line + " " + problem);
              }
            }
          });
    } catch (IOException e) {
      throw new UsageException(
          SafeQuote.path(path) + " cannot be read (" + e.getClass().getSimpleName() + ")");
    }
    if (wrong.get() > PROBLEMS_SHOWN) {
      err.println("... and " + (wrong.get() - PROBLEMS_SHOWN) + " more");
    }
    if (wrong.get() > 0) {
      throw new UsageException(
          SafeQuote.path(path)
              + ": "
              + wrong.get()
              + " lines cannot be imported; nothing was sent");
    }
    if (good.get() == 0) {
      throw new UsageException(SafeQuote.path(path) + " holds no dead letters; nothing was sent");
    }
    return good.get();
  }

  /**
   * Deletes exactly the dead letters that were exported: a newer one of the same message is another
   * failure.
   */
  private void delete(Map<String, String> deadLetters, DlqSession dlq)
      throws FailedException, InterruptedException {
    dlq.read(
        "reading",
        Integer.MAX_VALUE,
        page -> {
          List<String> some =
              page.stream()
                  .filter(
                      deadLetter ->
                          deadLetter.sourceMessageId().equals(deadLetters.get(deadLetter.id())))
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
  }

  private void print(SourceQueue source, DlqSession dlq, long sent, boolean allNamed)
      throws FailedException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    if (options.json()) {
      ObjectNode report =
          JsonNodeFactory.instance
              .objectNode()
              .put("queue", source.queue().name())
              .put("sent", sent)
              .put("deleted", deleted.get());
      out.println(Printable.json(report));
    } else {
      out.println(
          "sent "
              + sent
              + " to "
              + source.queue().name()
              + (keep ? ", deleted none (--keep)" : ", deleted " + deleted + " dead letters"));
      err.println(
          "next: run loads them; until it runs, they wait on the queue. "
              + SafeQuote.path(path)
              + " holds personal data: delete it once they are loaded");
    }
    long without = sent - deleted.get() - undeleted.get();
    if (!keep && without > 0) {
      err.println(
          "note: no dead letter was deleted for "
              + without
              + " of the messages: "
              + (!allNamed ? "their lines have no \"id\", or " : "")
              + "it is no longer on "
              + dlq.queue().name());
    }
    FailedException.requireWritten(out);
  }
}
