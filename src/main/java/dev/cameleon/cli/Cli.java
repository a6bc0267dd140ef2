package dev.cameleon.cli;

import dev.cameleon.cli.console.EscapingWriter;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Invocation;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.cli.console.UsageMessage;
import dev.cameleon.cli.console.Version;
import dev.cameleon.cli.dlq.DlqCommand;
import dev.cameleon.cli.privacy.AuditCommand;
import dev.cameleon.cli.privacy.DoctorCommand;
import dev.cameleon.cli.privacy.EraseCommand;
import dev.cameleon.cli.privacy.KeysCommand;
import dev.cameleon.cli.privacy.MaskCommand;
import dev.cameleon.cli.privacy.RevealCommand;
import dev.cameleon.cli.privacy.TablesCommand;
import dev.cameleon.cli.privacy.VaultCommand;
import dev.cameleon.crypto.KeyUnavailableException;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.OutOfMemory;
import dev.cameleon.errors.UnreachableException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Runs commands, and turns every failure into a message and an exit code, in one place. */
@Command(
    name = "cameleon",
    versionProvider = Version.class,
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "[COMMAND]",
    description = {
      "Loads events from AWS SQS into PostgreSQL and masks their personal fields on the way"
          + " (as shipped: login events, ip and device_id).",
      "Without a command: run."
    },
    footer = {
      "",
      "Configuration: application.properties, where environment variables override"
          + " each value; for AWS the SDK's own variables (AWS_REGION, AWS_ENDPOINT_URL,"
          + " ...).",
      "Exit codes: 0 done, 1 failed while running, 2 wrong usage or configuration,"
          + " 3 out of memory."
    },
    subcommands = {
      RunCommand.class,
      CheckCommand.class,
      TestCommand.class,
      MigrateCommand.class,
      InitCommand.class,
      AotCommand.class,
      DlqCommand.class,
      KeysCommand.class,
      RevealCommand.class,
      MaskCommand.class,
      AuditCommand.class,
      EraseCommand.class,
      VaultCommand.class,
      DoctorCommand.class,
      TablesCommand.class,
      HelpCommand.class,
      AutoComplete.GenerateCompletion.class
    })
public final class Cli implements Invocation {
  private final Map<String, String> environment;
  private final InputStream in;
  private final PrintStream out;

  Cli(Map<String, String> environment, InputStream in, PrintStream out) {
    this.environment = environment;
    this.in = in;
    this.out = out;
  }

  /**
   * Runs one command.
   *
   * @param environment the environment variables; only the AWS SDK reads the process's own
   * @param in standard input
   * @param out standard output
   * @param err standard error, except for the log
   * @param arguments the command's name and options
   * @return the exit code
   */
  public static int run(
      Map<String, String> environment,
      InputStream in,
      PrintStream out,
      PrintStream err,
      String... arguments) {
    String[] command = withDefault(arguments);
    Cli cli = new Cli(environment, in, out);
    CommandLine line = new CommandLine(cli);
    line.setOut(new PrintWriter(new EscapingWriter(out, cli.encoding()), true));
    line.setErr(new PrintWriter(new EscapingWriter(err, cli.encoding()), true));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    // Otherwise picocli would replace an argument @FILE by the content of the file, which may be a
    // key.
    line.setExpandAtFiles(false);
    line.setParameterExceptionHandler((wrong, all) -> refuse(wrong, arguments));
    line.setExecutionExceptionHandler((failure, at, parsed) -> handle(failure, at.getErr()));
    try {
      return line.execute(command);
    } catch (OutOfMemoryError e) {
      line.getErr()
          .println(
              "cameleon: out of memory; raise the heap, for example java -Xmx1g -jar"
                  + " cameleon.jar ...");
      return OutOfMemory.EXIT_CODE;
    }
  }

  /** Adds {@code run}, which may be omitted even with options. */
  private static String[] withDefault(String[] arguments) {
    boolean named =
        arguments.length > 0
            && (!arguments[0].startsWith("-") || arguments[0].matches("-h|--help|-V|--version"));
    if (named) {
      return arguments;
    }
    String[] run = new String[arguments.length + 1];
    run[0] = "run";
    System.arraycopy(arguments, 0, run, 1, arguments.length);
    return run;
  }

  /** Reports a usage error as picocli does, without repeating arguments: they may be personal. */
  private static int refuse(ParameterException wrong, String... arguments) {
    CommandLine command = wrong.getCommandLine();
    PrintWriter err = command.getErr();
    err.println(UsageMessage.inWords(wrong, List.of(arguments)));
    if (!UnmatchedArgumentException.printSuggestions(wrong, err)) {
      command.usage(err);
    }
    return ExitCode.WRONG;
  }

  private static int handle(Exception failure, PrintWriter err) {
    if (failure instanceof InvalidSettingsException wrong) {
      err.println("cameleon: the configuration is wrong:");
      wrong.problems().forEach(problem -> err.println("  - " + problem));
      return ExitCode.WRONG;
    }
    if (failure instanceof UsageException) {
      err.println("cameleon: " + failure.getMessage());
      return ExitCode.WRONG;
    }
    if (failure instanceof UnreachableException
        || failure instanceof FailedException
        || failure instanceof KeyUnavailableException) {
      err.println("cameleon: " + failure.getMessage());
      return ExitCode.FAILED;
    }
    // Unknown: its message may quote data, so only its type and place are shown.
    err.println("cameleon: failed unexpectedly: " + failure.getClass().getName());
    for (StackTraceElement frame : failure.getStackTrace()) {
      err.println("    at " + frame);
    }
    return ExitCode.FAILED;
  }

  @Override
  public Map<String, String> environment() {
    return environment;
  }

  @Override
  public InputStream in() {
    return in;
  }

  @Override
  public PrintStream out() {
    return out;
  }
}
