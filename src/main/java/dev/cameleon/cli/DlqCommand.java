package dev.cameleon.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code dlq}: the dead-letter desk. */
@Command(
    name = "dlq",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "See why messages failed, mend what made them fail, and send them again.",
      "No command shows a personal value without --raw."
    },
    footer = {
      "",
      "First:              dlq list",
      "One of them:        dlq show ID",
      "After a mend:       dlq replay --dry-run, then dlq replay --reason … or --all",
      "While it is read, a dead letter is hidden from others; at the end it is visible again."
    },
    subcommands = {
      DlqListCommand.class,
      DlqShowCommand.class,
      DlqReplayCommand.class,
      DlqExportCommand.class,
      DlqImportCommand.class,
      DlqPurgeCommand.class,
      HelpCommand.class
    })
public final class DlqCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing a command, e.g.: dlq list");
  }
}
