package dev.cameleon.cli;

import dev.cameleon.app.Configuration;
import dev.cameleon.app.PrepareRoute;
import dev.cameleon.cases.Case;
import dev.cameleon.cases.CaseFiles;
import dev.cameleon.cases.CaseRunner;
import dev.cameleon.cases.Difference;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Invocation;
import dev.cameleon.cli.console.Printable;
import dev.cameleon.config.Settings;
import dev.cameleon.db.Database;
import dev.cameleon.db.LockHolders;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.load.LoadStatement;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code test}: runs the cases of {@code routes/tests} and rolls them back. */
@Command(
    name = "test",
    mixinStandardHelpOptions = true,
    description = {
      "Run the cases in routes/tests/*.yaml through the route prepare and load.sql, and roll"
          + " everything back.",
      "Uses the configured database as CAMELEON_DB_OWNER_USER; needs no queue."
    })
public final class TestCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--junit",
      paramLabel = "FILE",
      description = "Also write the results as JUnit XML; an existing file is replaced.")
  private Path junit;

  @Override
  public Integer call() throws InvalidSettingsException, FailedException {
    Settings settings = Settings.read(Invocation.of(spec).environment());
    Configuration plan = Configuration.readFiles(settings);
    LoadStatement statement = plan.statement();
    List<Case> cases = CaseFiles.read(settings.routes().resolve("tests"), statement.tables());
    PrintWriter out = spec.commandLine().getOut();
    List<CaseRunner.Result> results = new ArrayList<>();
    for (CaseRunner.Result result : run(plan, statement, cases)) {
      print(out, result);
      results.add(result);
    }
    long failed = results.stream().filter(result -> !result.passed()).count();
    out.printf("%d cases, %d failed (all rolled back)%n", results.size(), failed);
    if (junit != null) {
      JunitReport.write(junit, results);
    }
    FailedException.requireWritten(out);
    return failed == 0 ? ExitCode.DONE : ExitCode.FAILED;
  }

  private static List<CaseRunner.Result> run(
      Configuration plan, LoadStatement statement, List<Case> cases)
      throws InvalidSettingsException, FailedException {
    Database.Login owner = plan.settings().database().owner();
    try (PrepareRoute preparation = PrepareRoute.start(plan);
        Connection connection = Database.connect(owner, plan.keyset().currentId())) {
      connection.setAutoCommit(false);
      try {
        InvalidSettingsException.throwIfAny(plan.maskProblems(connection));
        InvalidSettingsException.throwIfAny(plan.insertCheck().problems(connection));
        CaseRunner runner =
            new CaseRunner(preparation, plan.masker(), statement, plan.recipients());
        List<CaseRunner.Result> results = new ArrayList<>();
        for (Case each : cases) {
          results.add(runner.run(connection, each));
        }
        return results;
      } finally {
        connection.rollback();
      }
    } catch (SQLException e) {
      throw new FailedException(
          "cannot run the cases in the database as %s: %s"
              .formatted(owner, LockHolders.describe(owner, e)));
    }
  }

  private static void print(PrintWriter out, CaseRunner.Result result) {
    boolean colour = Printable.isOnTerminal();
    String word = result.passed() ? "ok    " : "FAIL  ";
    out.println(
        paint(colour, result.passed() ? '+' : '-', word)
            + result.tried().place()
            + "  "
            + Printable.text(result.tried().name()));
    for (Difference.Line line : result.difference()) {
      String text = "    " + line.sign() + " " + Printable.text(line.text());
      out.println(paint(colour, line.sign(), text));
    }
  }

  private static String paint(boolean colour, char sign, String text) {
    if (!colour || sign == ' ') {
      return text;
    }
    return (sign == '+' ? "\u001b[32m" : "\u001b[31m") + text + "\u001b[0m";
  }
}
