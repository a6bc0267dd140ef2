package dev.cameleon.cli.dlq;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Invocation;
import dev.cameleon.cli.console.Printable;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.UnreachableException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The common part of all {@code dlq} commands: options, session and output. */
abstract class DlqSubcommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private DlqOptions options;

  /**
   * Opens the dead-letter queue.
   *
   * @throws InvalidSettingsException if it does not exist, or the configuration is wrong
   * @throws UnreachableException if SQS does not answer
   */
  final DlqSession open() throws InvalidSettingsException, UnreachableException {
    return new DlqSession(options, spec);
  }

  final DlqOptions options() {
    return options;
  }

  final Invocation invocation() {
    return Invocation.of(spec);
  }

  final PrintWriter out() {
    return spec.commandLine().getOut();
  }

  final PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** Prints a note for the operator on standard error, apart from the result. */
  final void note(String text) {
    err().println("note: " + text);
  }

  /** Prints a result: as JSON with {@code --json}, otherwise in words. */
  final void print(ObjectNode json, String words) {
    out().println(options.json() ? Printable.json(json) : words);
  }

  /** Fails if standard output did not accept everything: a full disk, a closed pipe. */
  final void requireWritten() throws FailedException {
    if (out().checkError() || invocation().out().checkError()) {
      throw new FailedException("cannot write to standard output");
    }
  }
}
