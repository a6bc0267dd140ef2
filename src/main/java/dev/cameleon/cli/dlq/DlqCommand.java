package dev.cameleon.cli.dlq;

import dev.cameleon.cli.console.UsageException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** {@code dlq}: the commands for the dead-letter queue. */
@Command(
    name = "dlq",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "Find out why messages failed, correct the cause, and send them again.",
      "Without --raw, no command shows a personal value."
    },
    footer = {
      "",
      "Overview:           dlq list",
      "One dead letter:    dlq show ID",
      "After a correction: dlq replay --dry-run, then dlq replay --reason … or --all",
      "A command hides the dead letters that it reads from other readers; when it"
          + " ends, they are visible again."
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
public final class DlqCommand implements Callable<Integer> {
  @Override
  public Integer call() throws UsageException {
    throw new UsageException(
        "name a subcommand: dlq list, show, replay, export, import or purge (see: dlq --help)");
  }
}
