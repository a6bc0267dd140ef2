package dev.cameleon.cli.privacy;

import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Findings;
import dev.cameleon.db.Database;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.privacy.Doctor;
import java.sql.SQLException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code doctor}: checks that rows, keys and vault are consistent. Changes nothing. */
@Command(
    name = "doctor",
    description = {
      "Check whether rows, mask keys and vault are consistent; change nothing.",
      "CAMELEON_DB_USER must be a member of cameleon_officer. Reads all loaded tables"
          + " and the vault several times: if they are large, run it when the database is"
          + " idle.",
      "Exits with 1 if anything is WRONG."
    })
public final class DoctorCommand extends PrivacyCommand {
  @Option(names = "--json", description = "Print JSON, for scripts.")
  private boolean json;

  @Override
  public Integer call() throws InvalidSettingsException, FailedException {
    Database.Login login = login();
    try {
      Findings lines = new Findings();
      List<Doctor.Finding> findings = Doctor.examine(login);
      findings.forEach(each -> lines.add(each.check(), each.verdict(), each.detail()));
      lines.print(out(), json);
      return findings.stream().anyMatch(each -> each.verdict() == Doctor.Verdict.WRONG)
          ? ExitCode.FAILED
          : ExitCode.DONE;
    } catch (SQLException e) {
      throw FailedException.of(login, e, "cameleon_officer");
    }
  }
}
