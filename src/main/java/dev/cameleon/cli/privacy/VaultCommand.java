package dev.cameleon.cli.privacy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.cameleon.app.CommandConfiguration;
import dev.cameleon.cli.console.Countdown;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Invocation;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.db.AdvisoryLock;
import dev.cameleon.db.Database;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.privacy.Erasure;
import dev.cameleon.privacy.VaultPruning;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vault}: the upkeep of the sealed originals. */
@Command(
    name = "vault",
    mixinStandardHelpOptions = true,
    description = "Look after the sealed originals.",
    subcommands = VaultCommand.PruneEntries.class)
public final class VaultCommand implements Callable<Integer> {
  @Override
  public Integer call() throws UsageException {
    throw new UsageException("say which: vault prune (see: vault --help)");
  }

  /** {@code vault prune}. */
  @Command(
      name = "prune",
      mixinStandardHelpOptions = true,
      description = {
        "Delete the originals whose tokens no row of user_logins has, e.g. after rows were deleted by"
            + " hand: else they can still be revealed.",
        "As a user in the role cameleon_officer (CAMELEON_DB_USER). Takes a minute or more: it waits"
            + " until no running loader remembers what was there. It may be interrupted and run"
            + " again."
      })
  static final class PruneEntries implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
        names = "--ticket",
        required = true,
        paramLabel = "TICKET",
        description = "Where it was asked for; kept in the audit for ever: no personal data.")
    private String ticket;

    @Option(names = "--json", description = "Print JSON, for scripts.")
    private boolean json;

    @Override
    public Integer call()
        throws UsageException, InvalidSettingsException, FailedException, InterruptedException {
      if (ticket.isBlank()) {
        throw new UsageException("--ticket is empty; say where it was asked for");
      }
      Database.Login login = CommandConfiguration.database(Invocation.of(spec).environment());
      VaultPruning.Pruned done;
      try (VaultPruning prune =
          VaultPruning.open(
              login, Erasure.LOADERS_MEMORY, new Countdown(spec.commandLine().getErr()))) {
        if (!prune.lock()) {
          throw new FailedException(
              "erase, keys retokenize or another vault prune is running on this database ("
                  + AdvisoryLock.LOGINS.holder(login)
                  + "); try again when it has ended (nothing was done)");
        }
        done = prune.run(ticket);
      } catch (SQLException e) {
        throw FailedException.of(login, e, "cameleon_officer");
      }
      if (done.rotating()) {
        throw new FailedException(
            "a rotation of the mask key is under way, and nothing was deleted: run keys retokenize"
                + " first");
      }
      print(done);
      return done.waiting() == 0 ? ExitCode.DONE : ExitCode.FAILED;
    }

    private void print(VaultPruning.Pruned done) {
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        var report =
            JsonNodeFactory.instance
                .objectNode()
                .put("vault_entries_deleted", done.entries())
                .put("tokens_not_settled", done.waiting());
        done.audit()
            .ifPresent(
                entry -> report.put("audit_seq", entry.seq()).put("audit_head", entry.head()));
        out.println(report);
        return;
      }
      out.println("Vault entries deleted: " + done.entries() + ". Ticket: " + ticket);
      done.audit()
          .ifPresent(
              entry -> out.println("audit: number " + entry.seq() + ", head " + entry.head()));
      if (done.waiting() > 0) {
        out.println(
            "NOT FINISHED: tokens not settled yet: "
                + done.waiting()
                + ", since loaders may rely on them; run this command again in some minutes.");
      }
    }
  }
}
