package dev.cameleon.cli.dlq;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.app.CommandConfiguration;
import dev.cameleon.cli.console.AuditReason;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Printable;
import dev.cameleon.cli.console.PrivateKeyOption;
import dev.cameleon.cli.console.RawOptions;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.contract.BodyShape;
import dev.cameleon.crypto.RecipientKey;
import dev.cameleon.crypto.SealedBody;
import dev.cameleon.crypto.UnopenedException;
import dev.cameleon.db.Database;
import dev.cameleon.dlq.Bodies;
import dev.cameleon.dlq.DeadLetterFilter;
import dev.cameleon.dlq.ReceivedDeadLetter;
import dev.cameleon.sqs.SenderAttributes;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * {@code dlq show}: shows one dead letter, why it failed and what to do; its body only with a
 * purpose.
 */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = {
      "Show one dead letter: why it failed, what to do about it, and its body,"
          + " redacted to the contract's field names and the shapes of the values.",
      "With --raw, print only its original body on standard output. The audit first"
          + " records who asks and why: CAMELEON_DB_USER must be a member of"
          + " cameleon_revealer or cameleon_officer."
    },
    footer = {
      "",
      "Examples:",
      "  dlq show 1b4e28ba-2fa1-4b7e-9f3a-6d1c0e5f7a21",
      "  dlq show 1b4e28ba-2fa1-4b7e-9f3a-6d1c0e5f7a21 --raw --purpose 'find the bug'"
    })
public final class DlqShowCommand extends DlqSubcommand {
  @Mixin private RawOptions original;
  @Mixin private PrivateKeyOption privateKey;

  @Parameters(
      paramLabel = "ID",
      description =
          "The id of the dead letter (see dlq list --each) or of its source message"
              + " (from the ledger).")
  private String id;

  @Override
  public Integer call() throws Exception {
    check();
    if (original.raw()) {
      showOriginal();
    } else {
      try (DlqSession dlq = open()) {
        Set<String> fields = dlq.fields();
        showShape(find(dlq).shown(fields), fields, dlq.attributes());
      }
    }
    requireWritten();
    return ExitCode.DONE;
  }

  private void check() throws UsageException {
    if (MessageId.parse(id).isEmpty()) { // the text is not shown: it may be personal
      throw new UsageException(
          "not a message id, " + MessageId.EXAMPLE + "; to list the ids: dlq list --each");
    }
    original.check();
    if (!original.raw() && privateKey.isGiven()) {
      throw new UsageException(
          "--private-key and --kms-key need --raw: without it no body is opened");
    }
  }

  private ReceivedDeadLetter find(DlqSession dlq) throws FailedException, InterruptedException {
    DeadLetterFilter selection =
        new FilterOptions().selection(Set.of(MessageId.parse(id).orElseThrow()));
    AtomicReference<ReceivedDeadLetter> found = new AtomicReference<>();
    dlq.read(
        "reading",
        page ->
            page.stream()
                .filter(selection)
                .forEach(
                    deadLetter -> {
                      found.compareAndSet(null, deadLetter);
                      dlq.deadLetters().enough();
                    }));
    if (found.get() == null) {
      throw new FailedException(
          "no dead letter has this id among the %d read from %s; to list the ids: dlq list --each"
                  .formatted(dlq.deadLetters().count(), dlq.queue().name())
              + " --all");
    }
    return found.get();
  }

  private void showShape(
      ReceivedDeadLetter deadLetter, Set<String> fields, Set<String> attributes) {
    String shape = DeadLetterView.body(deadLetter, new BodyShape(fields));
    ObjectNode sender =
        DeadLetterView.shapes(new Bodies(Optional.empty()).attributes(deadLetter), attributes);
    if (options().json()) {
      ObjectNode one = json(deadLetter).put("redacted", true).put("body", shape);
      out().println(Printable.json(one.setAll(sender)));
      return;
    }
    DeadLetterView.print(out(), deadLetter);
    out().println();
    out().println(DeadLetterView.shape(shape, invocation().encoding()));
    DeadLetterView.printAttributes(out(), sender, invocation().encoding());
  }

  private ObjectNode json(ReceivedDeadLetter deadLetter) {
    return DeadLetterView.json(deadLetter)
        .put("meaning", deadLetter.cause().meaning())
        .put("remedy", deadLetter.cause().remedy());
  }

  /** The original body: personal. */
  private static String body(ReceivedDeadLetter deadLetter, Optional<RecipientKey> key)
      throws FailedException {
    try {
      return deadLetter.sealed()
          ? SealedBody.open(deadLetter.body(), key.orElseThrow())
          : deadLetter.body();
    } catch (UnopenedException e) {
      throw new FailedException(e.getMessage());
    }
  }

  private void showOriginal() throws Exception {
    Optional<RecipientKey> key = privateKey.key();
    Database.Login login = CommandConfiguration.database(invocation().environment());
    // Connects first: a long queue should not be read if the database is unreachable.
    try (Connection connection = Database.connect(login);
        DlqSession dlq = open()) {
      ReceivedDeadLetter deadLetter = find(dlq).shown(dlq.fields());
      if (deadLetter.sealed() && key.isEmpty()) {
        throw new UsageException(
            "the body is sealed: give a recipient's key, --private-key FILE or --kms-key ARN");
      }
      String head = original.record(connection, "show-raw", "dead letter " + deadLetter.id());
      String body = body(deadLetter, key);
      SenderAttributes sender =
          new Bodies(key).attributes(deadLetter).orElse(SenderAttributes.NONE);
      printOriginal(deadLetter, body, sender, head);
    } catch (SQLException e) {
      throw RawOptions.failure(login, e);
    }
  }

  private void printOriginal(
      ReceivedDeadLetter deadLetter, String body, SenderAttributes sender, String head) {
    if (options().json()) {
      ObjectNode one = json(deadLetter).put("redacted", false).put("body", body);
      one.setAll(DeadLetterView.original(deadLetter, sender));
      out().println(Printable.json(one.put("audit_head", head)));
      return;
    }
    if (Printable.isOnTerminal()) {
      out().println(Printable.text(body));
    } else {
      // Unchanged bytes, whatever the output's character set is.
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      invocation().out().write(bytes, 0, bytes.length);
      invocation().out().flush();
    }
    err().println(AuditReason.keep(head));
  }
}
