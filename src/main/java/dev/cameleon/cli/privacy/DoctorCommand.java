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

/** {@code doctor}: do rows, keys and vault fit together? Changes nothing. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Find out whether rows, mask keys and vault fit together; change nothing.",
      "As a user in the role cameleon_officer (CAMELEON_DB_USER). Reads the whole of user_logins and"
          + " of the vault several times: on a large table, run it when the database is idle.",
      "Ends with 1 if anything is WRONG."
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
          "the database cannot be examined as "
              + login
              + ": "
              + SqlErrors.describe(e)
              + "; doctor needs a user in the role cameleon_officer");
    }
    Findings lines = new Findings();
    findings.forEach(each -> lines.add(each.check(), each.verdict(), each.detail()));
    lines.print(spec.commandLine().getOut(), json);
    boolean wrong = findings.stream().anyMatch(f -> f.verdict() == Doctor.Verdict.WRONG);
    return wrong ? ExitCode.FAILED : ExitCode.DONE;
  }
}
