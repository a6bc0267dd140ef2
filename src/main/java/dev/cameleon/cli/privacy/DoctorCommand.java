package dev.cameleon.cli.privacy;

import dev.cameleon.app.CommandConfiguration;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Findings;
import dev.cameleon.cli.console.Invocation;
import dev.cameleon.db.Database;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.privacy.Doctor;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code doctor}: checks that rows, keys and vault are consistent. Changes nothing. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Check whether rows, mask keys and vault fit together; change nothing.",
      "CAMELEON_DB_USER must be a member of cameleon_officer. Reads all of user_logins"
          + " and of the vault several times: if they are large, run it when the database is"
          + " idle.",
      "Exits with 1 if anything is WRONG."
    })
public final class DoctorCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "Print JSON, for scripts.")
  private boolean json;

  @Override
  public Integer call() throws InvalidSettingsException, FailedException {
    Database.Login login = CommandConfiguration.database(Invocation.of(spec).environment());
    List<Doctor.Finding> findings;
    try {
      findings = Doctor.examine(login);
    } catch (SQLException e) {
      throw new FailedException(
          "cannot examine the database as "
              + login
              + ": "
              + SqlErrors.describe(e)
              + "; doctor needs a member of cameleon_officer: set CAMELEON_DB_USER to one");
    }
    Findings lines = new Findings();
    findings.forEach(each -> lines.add(each.check(), each.verdict(), each.detail()));
    lines.print(spec.commandLine().getOut(), json);
    boolean wrong = findings.stream().anyMatch(f -> f.verdict() == Doctor.Verdict.WRONG);
    return wrong ? ExitCode.FAILED : ExitCode.DONE;
  }
}
