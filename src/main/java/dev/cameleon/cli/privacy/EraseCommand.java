package dev.cameleon.cli.privacy;

import dev.cameleon.cli.console.Countdown;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.db.Database;
import dev.cameleon.db.LockHolders;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.Token;
import dev.cameleon.privacy.Erasure;
import dev.cameleon.privacy.ErasureResult;
import dev.cameleon.privacy.PreventedException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code erase}: erases a person, or a value in all rows. */
@Command(
    name = "erase",
    description = {
      "Erase a person (--user) or values (TOKEN...): the rows stay, with random values.",
      "A person's rows get random user ids and tokens; a vault entry is deleted unless"
          + " rows of other persons use it. A value's rows get random tokens, and its vault"
          + " entry is deleted.",
      "CAMELEON_DB_USER must be a member of cameleon_officer. Takes a minute or more:"
          + " it waits until no running loader has the old values in memory. You may"
          + " interrupt it and run it again."
    })
public final class EraseCommand extends PrivacyCommand {
  @Parameters(
      paramLabel = "TOKEN",
      arity = "0..*",
      description = "The tokens to erase, as in the tables.")
  private List<String> tokens = List.of();

  @Option(
      names = "--user",
      paramLabel = "ID",
      description =
          "The user id of the person to erase; - reads it from standard input. Needs the"
              + " mask keyset.")
  private String user;

  @Option(names = "--ticket", required = true, paramLabel = "TICKET", description = TICKET)
  private String ticket;

  @Option(
      names = "--suppress",
      description = "Also load later events of the person with random values.")
  private boolean suppress;

  @Option(names = "--json", description = "Print JSON, for scripts.")
  private boolean json;

  private final Duration memory;

  /** Waits for as long as running loaders remember tokens. */
  public EraseCommand() {
    this(Erasure.LOADERS_MEMORY);
  }

  /** Waits for a shorter time, for tests that run no loader. */
  EraseCommand(Duration memory) {
    this.memory = memory;
  }

  @Override
  public Integer call()
      throws UsageException, InvalidSettingsException, FailedException, InterruptedException {
    checkUsage();
    Database.Login login = login();
    String person = user == null ? "" : userId(user);
    try (Erasure erase = Erasure.open(login, memory, new Countdown(err()))) {
      if (!erase.lock()) {
        throw busy(login);
      }
      if (user != null && erase.masksUsers()) {
        throw new UsageException(
            "user ids are masked in this database: run erase with the token of this"
                + " user id (the command mask prints it), which erases it in all rows");
      }
      Optional<Keyset> keyset = keyset(erase);
      ErasureResult done =
          user == null
              ? erase.tokens(tokens, keyset, ticket)
              : erase.person(person, keyset.orElseThrow(), ticket, suppress);
      if (!done.found() && !suppress) {
        throw new FailedException(nothing(done));
      }
      ErasureReport report = new ErasureReport(user != null, suppress, ticket, done);
      out().println(json ? report.json() : String.join(System.lineSeparator(), report.lines()));
      return done.isFinished() ? ExitCode.DONE : ExitCode.FAILED;
    } catch (PreventedException e) {
      throw new FailedException(
          "nothing was erased: %s, then run the same command again (the request is in the audit%s)"
              .formatted(
                  e.getMessage(),
                  suppress
                      ? ", and later events of the person are loaded with random values"
                      : ""));
    } catch (SQLException e) {
      throw new FailedException(
          "cannot finish the erasure as %s: %s%s; what was erased stays erased: run the same command again to finish"
              .formatted(login, LockHolders.describe(login, e), remedy(SqlErrors.state(e))));
    }
  }

  private String nothing(ErasureResult done) {
    String pending =
        "; but %d tokens of this or another erase are still to erase, and their originals can still be revealed: run it again %s"
            .formatted(
                done.waiting(), done.rotating() ? "after keys retokenize" : "in a few minutes");
    return "%s: there is nothing to erase (the request is in the audit, row %d)%s"
        .formatted(
            user == null ? "no row and no vault entry has such a token" : "no row has this user id",
            done.audit().seq(),
            done.waiting() == 0 ? "" : pending);
  }

  private static String remedy(String sqlState) {
    return switch (sqlState) {
      case "42501" -> "; erase needs a member of cameleon_officer: set CAMELEON_DB_USER to one";
      case "57014" ->
          "; searching the tables took too long, and loads wait meanwhile: create an"
              + " index on each of its token columns";
      default -> "";
    };
  }

  /** Never shows an argument: somebody may have typed a value where a token belongs. */
  private void checkUsage() throws UsageException {
    if ((user == null) == tokens.isEmpty()) {
      throw new UsageException("give either --user ID or one or more tokens");
    }
    if (suppress && user == null) {
      throw new UsageException("--suppress needs --user");
    }
    requireTicket(ticket);
    for (int i = 0; i < tokens.size(); i++) {
      if (!Token.isToken(tokens.get(i))) {
        throw new UsageException(
            "argument "
                + (i + 1)
                + " is not a token (DOMAIN_8 hexadecimal digits_22 characters); find it"
                + " in a table, or print it with: mask");
      }
      if (Token.keyId(tokens.get(i)).equals(Token.ERASED)) {
        throw new UsageException(
            "argument " + (i + 1) + " is a random token: its value is already erased");
      }
    }
  }

  private Optional<Keyset> keyset(Erasure erase) throws InvalidSettingsException, SQLException {
    if (user == null && !erase.needsKeys(tokens)) {
      return Optional.empty();
    }
    Keyset keyset = keyset();
    reject(erase.keyProblem(keyset));
    return Optional.of(keyset);
  }
}
