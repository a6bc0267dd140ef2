package dev.cameleon.cli.privacy;

import dev.cameleon.app.CommandConfiguration;
import dev.cameleon.cli.console.Countdown;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Invocation;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.db.AdvisoryLock;
import dev.cameleon.db.Database;
import dev.cameleon.db.LockHolders;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.Token;
import dev.cameleon.privacy.Erasure;
import dev.cameleon.privacy.ErasureResult;
import dev.cameleon.privacy.PreventedException;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code erase}: a person, or a value wherever it is. */
@Command(
    name = "erase",
    mixinStandardHelpOptions = true,
    description = {
      "Erase a person (--user) or values (TOKEN...): rows keep their place, under random values.",
      "A person's rows get random user ids and tokens; a vault entry goes unless others' rows use"
          + " it. A value's rows get random tokens, and its vault entry goes.",
      "As a user in the role cameleon_officer (CAMELEON_DB_USER). Takes a minute or more: it waits"
          + " until no running loader remembers what was there. It may be interrupted and run again."
    })
public final class EraseCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "TOKEN",
      arity = "0..*",
      description = "Tokens of values, as in user_logins.")
  private List<String> tokens = List.of();

  @Option(
      names = "--user",
      paramLabel = "ID",
      description = "A person's user id; - reads it from standard input. Needs the mask keyset.")
  private String user;

  @Option(
      names = "--ticket",
      required = true,
      paramLabel = "TICKET",
      description = "Where it was asked for; kept in the audit for ever: no personal data.")
  private String ticket;

  @Option(
      names = "--suppress",
      description = "Load later events of the person under random values too.")
  private boolean suppress;

  @Option(names = "--json", description = "Print JSON, for scripts.")
  private boolean json;

  @Override
  public Integer call()
      throws UsageException, InvalidSettingsException, FailedException, InterruptedException {
    checkUsage();
    Database.Login login = CommandConfiguration.database(Invocation.of(spec).environment());
    Optional<String> person = user == null ? Optional.empty() : Optional.of(UserId.of(user, spec));
    try (Erasure erase =
        Erasure.open(login, Erasure.LOADERS_MEMORY, new Countdown(spec.commandLine().getErr()))) {
      if (!erase.lock()) {
        throw new FailedException(
            "another erase, vault prune or keys retokenize is running on this database ("
                + AdvisoryLock.LOGINS.holder(login)
                + "); try again when it has ended (nothing was done)");
      }
      if (person.isPresent() && erase.masksUsers()) {
        throw new UsageException(
            "user ids are masked in this database: erase the token of this one (the command mask"
                + " says it), which erases it in all rows");
      }
      Optional<Keyset> keyset = keyset(erase);
      ErasureResult done =
          person.isPresent()
              ? erase.person(person.get(), keyset.orElseThrow(), ticket, suppress)
              : erase.tokens(tokens, keyset, ticket);
      if (!done.found() && !suppress) {
        throw new FailedException(
            (user == null
                    ? "no row and no vault entry has such a token"
                    : "no row has this user id")
                + ": there is nothing to erase (the request is in the audit, number "
                + done.audit().seq()
                + ")"
                + (done.waiting() == 0
                    ? ""
                    : "; but "
                        + done.waiting()
                        + " tokens of this or another erase are not settled yet, and their originals"
                        + " can still be revealed: run it again "
                        + (done.rotating() ? "after keys retokenize" : "in some minutes")));
      }
      print(new ErasureReport(user != null, suppress, ticket, done));
      return done.isFinished() ? ExitCode.DONE : ExitCode.FAILED;
    } catch (PreventedException e) {
      throw new FailedException(
          "nothing is erased: "
              + e.getMessage()
              + ", then run the same command again (the request is in the audit"
              + (suppress ? ", and later events of the person are loaded under random values" : "")
              + ")");
    } catch (SQLException e) {
      throw new FailedException(
          "erase failed as "
              + login
              + ": "
              + LockHolders.describe(login, e)
              + remedy(SqlErrors.state(e))
              + "; what was done stays, and the same command again finishes it");
    }
  }

  private static String remedy(String sqlState) {
    return switch (sqlState) {
      case "42501" -> "; it needs a user in the role cameleon_officer";
      case "57014" ->
          "; loads wait while user_logins is looked through: make an index on each of its columns"
              + " with tokens";
      default -> "";
    };
  }

  /** Never shows an argument: somebody may have typed a value where a token belongs. */
  private void checkUsage() throws UsageException {
    if ((user == null) == tokens.isEmpty()) {
      throw new UsageException("say whom or what: either --user ID or one or more TOKENs");
    }
    if (suppress && user == null) {
      throw new UsageException("--suppress is about a person: it needs --user");
    }
    if (ticket.isBlank()) {
      throw new UsageException("--ticket is empty; say where it was asked for");
    }
    for (int i = 0; i < tokens.size(); i++) {
      if (!Token.isToken(tokens.get(i))) {
        throw new UsageException(
            "argument "
                + (i + 1)
                + " is no token (DOMAIN_8 hexadecimal digits_22 characters); find it in user_logins,"
                + " or with: mask");
      }
      if (Token.keyId(tokens.get(i)).equals(Token.ERASED)) {
        throw new UsageException(
            "argument " + (i + 1) + " is a random token already: nothing is behind it");
      }
    }
  }

  private Optional<Keyset> keyset(Erasure erase) throws InvalidSettingsException, SQLException {
    if (user == null && !erase.needsKeys(tokens)) {
      return Optional.empty();
    }
    Keyset keyset = CommandConfiguration.keyset(Invocation.of(spec).environment());
    Optional<String> problem = erase.keyProblem(keyset);
    if (problem.isPresent()) {
      throw new InvalidSettingsException(List.of(problem.get()));
    }
    return Optional.of(keyset);
  }

  private void print(ErasureReport report) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(report.json());
    } else {
      report.lines().forEach(out::println);
    }
    out.flush();
  }
}
