package dev.cameleon.cli.privacy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Progress;
import dev.cameleon.db.Database;
import dev.cameleon.db.LockHolders;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.mask.Keyset;
import dev.cameleon.privacy.PreventedException;
import dev.cameleon.privacy.Retokenization;
import dev.cameleon.privacy.RetokenizationResult;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code keys retokenize}: moves all tokens to the newest mask key. */
@Command(
    name = "retokenize",
    description = {
      "Rewrite every row and vault entry to the newest key of the keyset, while"
          + " loaders run; this does not need the original values. Afterwards equal values"
          + " have equal"
          + " tokens again.",
      "Run it as soon as every loader has the keyset that keys rotate wrote: it retires the"
          + " older keys, and the database then refuses rows masked with them. CAMELEON_DB_USER"
          + " must be a member of cameleon_officer.",
      "You may interrupt it at any time: run it again, and it continues. The table may"
          + " grow to twice its size meanwhile, as with any UPDATE of all rows; VACUUM it"
          + " afterwards."
    })
final class RetokenizeCommand extends PrivacyCommand {
  @Option(names = "--json", description = "Print the result as JSON, for scripts.")
  private boolean json;

  @Override
  public Integer call() throws InvalidSettingsException, FailedException {
    Keyset keyset = keyset();
    Database.Login login = login();
    Progress progress = new Progress(err());
    try (Connection connection = Database.connect(login)) {
      Optional<Retokenization> begun = Retokenization.begin(connection, keyset);
      if (begun.isEmpty()) {
        throw busy(login);
      }
      reject(begun.get().problem());
      RetokenizationResult result = begun.get().run(progress::at);
      progress.end();
      show(result);
      return ExitCode.DONE;
    } catch (SQLException e) {
      progress.end();
      throw new FailedException(
          "cannot finish the retokenization as %s: %s; what was rewritten stays: run keys retokenize again to continue"
              .formatted(login, LockHolders.describe(login, e)));
    } catch (PreventedException e) {
      progress.end();
      throw new FailedException(e.getMessage());
    }
  }

  private void show(RetokenizationResult result) {
    PrintWriter out = out();
    if (json) {
      ObjectNode root = JsonMapper.builder().build().createObjectNode().put("key", result.key());
      result.retired().forEach(root.putArray("retired")::add);
      root.put("rows", result.rows())
          .put("vaultEntries", result.entries())
          .put("vaultEntriesDropped", result.dropped())
          .put("subjects", result.subjects());
      result.unknown().forEach(root.putObject("tokensOfUnknownKeys")::put);
      out.println(root.put("auditHead", result.head()));
      return;
    }
    out.printf(
        "Rewrote %,d rows and %,d vault entries (and dropped %,d that the new key already"
            + " had) from older keys to key %s.%n",
        result.rows(), result.entries(), result.dropped(), result.key());
    if (!result.retired().isEmpty()) {
      out.println(
          "Retired: "
              + String.join(" ", result.retired())
              + ". Keep them in the keyset: new tokens are still computed with them.");
    }
    result
        .unknown()
        .forEach(
            (id, count) ->
                out.printf(
                    "Not rewritten: %,d tokens of key %s, which is not in the keyset.%n",
                    count, id));
    out.println("Audit head: " + result.head() + ".");
  }
}
