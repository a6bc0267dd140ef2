package dev.cameleon.cli;

import dev.cameleon.app.Configuration;
import dev.cameleon.app.SelfCheck;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.Findings;
import dev.cameleon.cli.console.Invocation;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.config.Settings;
import dev.cameleon.errors.InvalidSettingsException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code check}: tests whether {@code run} would work. Changes nothing. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = {
      "Check configuration, routes, contract, SQL and connections; change nothing.",
      "With --sample, receive messages from the source queue, apply contract and mask,"
          + " show redacted results, and return the messages (their receive counts rise by"
          + " one)."
    })
public final class CheckCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--sample",
      paramLabel = "N",
      description = "Try N messages of the source queue (default: 0).")
  private int sample;

  @Option(names = "--json", description = "Print JSON, for scripts.")
  private boolean json;

  @Override
  public Integer call() throws InvalidSettingsException, UsageException {
    if (sample < 0 || sample > 10_000) {
      throw new UsageException("--sample must be a whole number from 0 to 10000");
    }
    Configuration plan = Configuration.read(Settings.read(Invocation.of(spec).environment()));
    List<SelfCheck.Finding> findings = new SelfCheck(plan).run(sample);
    Findings lines = new Findings();
    findings.forEach(each -> lines.add(each.check(), each.result(), each.detail()));
    lines.print(spec.commandLine().getOut(), json);
    return exitCode(findings);
  }

  private static int exitCode(List<SelfCheck.Finding> findings) {
    int code = ExitCode.DONE;
    for (SelfCheck.Finding finding : findings) {
      if (finding.result() == SelfCheck.Result.WRONG) {
        return ExitCode.WRONG;
      }
      if (finding.result() == SelfCheck.Result.FAILED) {
        code = ExitCode.FAILED;
      }
    }
    return code;
  }
}
