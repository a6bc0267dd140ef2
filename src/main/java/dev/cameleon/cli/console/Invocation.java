package dev.cameleon.cli.console;

import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;

/** The environment and streams of a command. Commands use these, never the process's own. */
public interface Invocation {
  /** The invocation of a command. */
  static Invocation of(CommandSpec spec) {
    return (Invocation) spec.root().userObject();
  }

  /** The environment variables. */
  Map<String, String> environment();

  /** The character set of the terminal, by the environment (POSIX: LC_ALL, LC_CTYPE, LANG). */
  default Charset encoding() {
    return Stream.of("LC_ALL", "LC_CTYPE", "LANG")
        .map(name -> environment().getOrDefault(name, ""))
        .filter(value -> !value.isEmpty())
        .findFirst()
        .map(
            value ->
                value.matches("(?i).*utf-?8.*")
                    ? StandardCharsets.UTF_8
                    : StandardCharsets.US_ASCII)
        .orElse(Charset.defaultCharset());
  }

  /** Standard input. */
  InputStream in();

  /** Standard output, for bytes; text goes to the command line's own writer. */
  PrintStream out();
}
