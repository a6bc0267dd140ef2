package dev.cameleon.cli.privacy;

import dev.cameleon.cli.console.Invocation;
import dev.cameleon.support.Program;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine;

/** Commands that do not wait for loaders, because the test runs none. */
final class Impatient {
  /** Zero, once the second is added that allows for differing clocks. */
  static final Duration MEMORY = Duration.ofSeconds(-1);

  private Impatient() {}

  /** Runs a command with this environment. */
  static Program.Result run(Map<String, String> environment, Object command, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        new CommandLine(new Started(environment))
            .addSubcommand(command)
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    return new Program.Result(exitCode, out.toString(), err.toString());
  }

  @CommandLine.Command
  private record Started(Map<String, String> environment) implements Invocation {
    @Override
    public InputStream in() {
      return InputStream.nullInputStream();
    }

    @Override
    public PrintStream out() {
      return System.out;
    }
  }
}
