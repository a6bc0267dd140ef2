package dev.cameleon.cli.dlq;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.app.CommandConfiguration;
import dev.cameleon.cli.console.AuditReason;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.NewFile;
import dev.cameleon.cli.console.Printable;
import dev.cameleon.cli.console.PrivateKeyOption;
import dev.cameleon.cli.console.RawOptions;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.contract.BodyShape;
import dev.cameleon.db.Database;
import dev.cameleon.dlq.Bodies;
import dev.cameleon.dlq.DeadLetterFilter;
import dev.cameleon.dlq.ReceivedDeadLetter;
import dev.cameleon.errors.SafeQuote;
import dev.cameleon.sqs.SenderAttributes;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code dlq export}: writes dead letters to a file, for inspection, or to be corrected and
 * imported.
 */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = {
      "Write dead letters to a new file, one JSON object per line; they stay on the"
          + " queue. Bodies are redacted: only the contract's field names and the shapes of"
          + " the values are written.",
      "With --raw, write the original bodies, to correct and import them (dlq import)."
          + " The audit first records who asks and why: CAMELEON_DB_USER must be a member of"
          + " cameleon_revealer or cameleon_officer. Only you can read the file: delete it"
          + " once you no longer need it."
    },
    footer = {
      "",
      "Examples:",
      "  dlq export dead-letters.jsonl --reason CONTRACT",
      "  dlq export corrected.jsonl --field ip --raw --purpose 'correct addresses'"
    })
public final class DlqExportCommand extends DlqSubcommand {
  @Mixin private FilterOptions select;
  @Mixin private PrivateKeyOption privateKey;
  @Mixin private RawOptions original;

  @Parameters(paramLabel = "FILE", description = "The file to write; it must not exist.")
  private Path path;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Write at most N dead letters (default: all that match).")
  private long limit = Long.MAX_VALUE;

  private final AtomicLong written = new AtomicLong();
  private final AtomicLong unopened = new AtomicLong();

  @Override
  public Integer call() throws Exception {
    check();
    Bodies bodies = privateKey.bodies();
    DeadLetterFilter selection = select.selection(Set.of());
    Optional<Database.Login> login =
        original.raw()
            ? Optional.of(CommandConfiguration.database(invocation().environment()))
            : Optional.empty();
    Optional<String> head = Optional.empty();
    Coverage coverage;
    try (DlqSession dlq = open();
        NewFile file = NewFile.begin(path)) {
      if (login.isPresent()) {
        head = Optional.of(record(login.get(), dlq));
      }
      Shown shown = new Shown(dlq.fields(), dlq.attributes());
      try {
        coverage =
            dlq.read(
                "exporting",
                page -> write(page.stream().filter(selection).toList(), bodies, shown, file, dlq));
      } catch (UncheckedIOException e) {
        throw file.failed(e.getCause());
      }
      file.finish();
    } finally {
      if (!options().json()) {
        head.ifPresent(hash -> err().println(AuditReason.keep(hash)));
      }
    }
    print(head, coverage);
    return ExitCode.DONE;
  }

  private void check() throws UsageException {
    original.check();
    if (limit < 1) {
      throw new UsageException("--limit must be a whole number of at least 1");
    }
    if (path.getFileName() == null) {
      throw new UsageException("not a file: FILE");
    }
  }

  /** Commits the audit record before anything is read; returns the head of the audit's chain. */
  private String record(Database.Login login, DlqSession dlq) throws FailedException {
    String detail = "dead letters of " + dlq.queue().name() + ", " + select.inWords();
    try (Connection connection = Database.connect(login)) {
      return original.record(connection, "export-raw", detail);
    } catch (SQLException e) {
      throw RawOptions.failure(login, e);
    }
  }

  /** The names of fields and message attributes that may be shown. */
  private record Shown(Set<String> fields, Set<String> attributes) {}

  private void write(
      List<ReceivedDeadLetter> some, Bodies bodies, Shown shown, NewFile file, DlqSession dlq) {
    BodyShape redaction = new BodyShape(shown.fields());
    for (ReceivedDeadLetter deadLetter : some) {
      if (written.incrementAndGet() > limit) {
        written.decrementAndGet();
        dlq.deadLetters().enough();
        return;
      }
      Optional<SenderAttributes> sender = bodies.attributes(deadLetter);
      Optional<String> body = sender.flatMap(readable -> bodies.original(deadLetter));
      boolean redacted = !original.raw() || body.isEmpty();
      ObjectNode line =
          DeadLetterView.json(deadLetter.shown(shown.fields())).put("redacted", redacted);
      line.setAll(
          redacted
              ? DeadLetterView.shapes(sender, shown.attributes())
              : DeadLetterView.original(deadLetter, sender.orElseThrow()));
      if (body.isEmpty()) {
        unopened.incrementAndGet();
        line.put("body", DeadLetterView.body(deadLetter, redaction));
      } else {
        line.put("body", original.raw() ? body.get() : redaction.of(body.get()));
      }
      file.line(Printable.editableJson(line));
    }
  }

  private void print(Optional<String> head, Coverage coverage) throws FailedException {
    print(
        JsonNodeFactory.instance
            .objectNode()
            .put("file", path.toString())
            .put("exported", written.get())
            .put("redacted", !original.raw())
            .put("sealed", unopened.get())
            .put("hidden", coverage.before().hidden())
            .put("audit_head", head.orElse(null)),
        "exported %d dead letters to %s%s"
            .formatted(written.get(), SafeQuote.path(path), original.raw() ? "" : " (redacted)"));
    if (written.get() == 0 && !options().json()) {
      out().println(coverage.nothing());
    }
    if (unopened.get() > 0) {
      String remedy = "; to open them, give a recipient's key, --private-key FILE or --kms-key ARN";
      note(
          "%d are sealed, and were written as redacted previews%s"
              .formatted(unopened.get(), original.raw() ? remedy : ""));
    }
    requireWritten();
  }
}
