package dev.cameleon.cli.privacy;

import dev.cameleon.app.CommandConfiguration;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Invocation;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.db.AdvisoryLock;
import dev.cameleon.db.Database;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.mask.Keyset;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The common part of the commands for personal data: streams, settings, and reasons to refuse. */
@Command(mixinStandardHelpOptions = true)
abstract class PrivacyCommand implements Callable<Integer> {
  /** The description of a required ticket. */
  static final String TICKET =
      "The ticket of the request. The audit keeps it for ever: no personal data.";

  @Spec private CommandSpec spec;

  final PrintWriter out() {
    return spec.commandLine().getOut();
  }

  final PrintWriter err() {
    return spec.commandLine().getErr();
  }

  final Invocation invocation() {
    return Invocation.of(spec);
  }

  final Map<String, String> environment() {
    return invocation().environment();
  }

  final Database.Login login() throws InvalidSettingsException {
    return CommandConfiguration.database(environment());
  }

  final Keyset keyset() throws InvalidSettingsException {
    return CommandConfiguration.keyset(environment());
  }

  /** Reads the first lines of standard input. */
  final List<String> lines(int most) throws FailedException {
    try {
      return new BufferedReader(new InputStreamReader(invocation().in(), StandardCharsets.UTF_8))
          .lines()
          .limit(most)
          .toList();
    } catch (UncheckedIOException e) {
      throw new FailedException("cannot read standard input");
    }
  }

  /**
   * The user id in an option.
   *
   * @param option the id, or {@code -} to read one line of standard input: arguments stay in the
   *     shell's history, standard input does not
   */
  final String userId(String option) throws UsageException, FailedException {
    String id = option.equals("-") ? String.join("", lines(1)) : option;
    if (id.isEmpty()) {
      throw new UsageException("the user id is empty");
    }
    return id;
  }

  /** Rejects a keyset that does not fit the database. */
  static void reject(Optional<String> problem) throws InvalidSettingsException {
    if (problem.isPresent()) {
      throw new InvalidSettingsException(problem.get());
    }
  }

  /** The exception for a lock that another erasure, pruning or retokenization holds. */
  static FailedException busy(Database.Login login) throws SQLException {
    return new FailedException(
        "another erase, keys retokenize or vault prune is running on this database (%s); nothing was done; try again when it has finished"
            .formatted(AdvisoryLock.LOGINS.holder(login)));
  }

  static void requireTicket(String ticket) throws UsageException {
    if (ticket.isBlank()) {
      throw new UsageException("--ticket is empty; give the ticket of the request");
    }
  }
}
