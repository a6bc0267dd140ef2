package dev.cameleon.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.cameleon.Access;
import dev.cameleon.InvalidSettingsException;
import dev.cameleon.load.Database;
import dev.cameleon.load.SqlFailures;
import dev.cameleon.vault.Doctor;
import java.io.PrintWriter;
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

  @Option(names = "--json", description = "As JSON, for scripts.")
  private boolean json;

  @Override
  public Integer call() throws InvalidSettingsException, FailedException {
    Database.Login login = Access.database(System.getenv());
    List<Doctor.Finding> findings;
    try {
      findings = Doctor.examine(login);
    } catch (SQLException e) {
      throw new FailedException(
          "the database cannot be examined as "
              + login
              + ": "
              + SqlFailures.describe(e)
              + "; doctor needs a user in the role cameleon_officer");
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      ArrayNode all = JsonMapper.builder().build().createArrayNode();
      findings.forEach(
          finding ->
              all.addObject()
                  .put("check", finding.check())
                  .put("result", finding.verdict().name())
                  .put("detail", finding.detail()));
      out.println(all);
    } else {
      findings.forEach(
          finding ->
              out.printf("%-7s %-12s %s%n", finding.verdict(), finding.check(), finding.detail()));
    }
    boolean wrong = findings.stream().anyMatch(f -> f.verdict() == Doctor.Verdict.WRONG);
    return wrong ? ExitCode.FAILED : ExitCode.DONE;
  }
}
