package dev.cameleon.cli.privacy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.cli.console.Countdown;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.db.Database;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.privacy.Erasure;
import dev.cameleon.privacy.PreventedException;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code vault}: the commands for the sealed originals. */
@Command(
    name = "vault",
    mixinStandardHelpOptions = true,
    description = "Maintain the sealed originals.",
    subcommands = VaultCommand.PruneEntries.class)
public final class VaultCommand implements Callable<Integer> {
  @Override
  public Integer call() throws UsageException {
    throw new UsageException("name a subcommand: vault prune (see: vault --help)");
  }

  /** {@code vault prune}: deletes vault entries that no row uses. */
  @Command(
      name = "prune",
      description = {
        "Delete vault entries that no row of a loaded table uses, for example"
            + " after you deleted rows by hand: until then their originals can still be revealed.",
        "CAMELEON_DB_USER must be a member of cameleon_officer. Takes a minute or"
            + " more: it waits until no running loader has the old values in memory. You may"
            + " interrupt it and run it again."
      })
  static final class PruneEntries extends PrivacyCommand {
    @Option(names = "--ticket", required = true, paramLabel = "TICKET", description = TICKET)
    private String ticket;

    @Option(names = "--json", description = "Print JSON, for scripts.")
    private boolean json;

    private final Duration memory;

    PruneEntries() {
      this(Erasure.LOADERS_MEMORY);
    }

    /** Waits for a shorter time, for tests that run no loader. */
    PruneEntries(Duration memory) {
      this.memory = memory;
    }

    @Override
    public Integer call()
        throws UsageException, InvalidSettingsException, FailedException, InterruptedException {
      requireTicket(ticket);
      Database.Login login = login();
      try (Erasure erasure = Erasure.open(login, memory, new Countdown(err()))) {
        if (!erasure.lock()) {
          throw busy(login);
        }
        Erasure.Pruned done = erasure.prune(ticket);
        if (done.rotating()) {
          throw new FailedException(
              "nothing was deleted, because a mask key rotation has not ended: run keys"
                  + " retokenize first");
        }
        print(done);
        return done.waiting() == 0 ? ExitCode.DONE : ExitCode.FAILED;
      } catch (PreventedException e) {
        throw new FailedException("nothing was deleted: " + e.getMessage());
      } catch (SQLException e) {
        throw FailedException.of(login, e, "cameleon_officer");
      }
    }

    private void print(Erasure.Pruned done) {
      PrintWriter out = out();
      if (json) {
        ObjectNode report =
            JsonNodeFactory.instance
                .objectNode()
                .put("vault_entries_deleted", done.entries())
                .put("tokens_not_settled", done.waiting());
        done.audit().ifPresent(e -> report.put("audit_seq", e.seq()).put("audit_head", e.head()));
        out.println(report);
        return;
      }
      out.println("Vault entries deleted: " + done.entries() + ". Ticket: " + ticket);
      done.audit()
          .ifPresent(entry -> out.println("audit: row " + entry.seq() + ", head " + entry.head()));
      if (done.waiting() > 0) {
        out.println(
            "NOT FINISHED: tokens still to erase: "
                + done.waiting()
                + ", because running loaders may still use them; run this command again"
                + " in a few minutes.");
      }
    }
  }
}
