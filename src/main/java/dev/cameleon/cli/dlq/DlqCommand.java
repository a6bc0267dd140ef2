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
      "See why messages failed, correct what made them fail, and send them again.",
      "No command shows a personal value without --raw."
    },
    footer = {
      "",
      "First:              dlq list",
      "One of them:        dlq show ID",
      "After a correct:       dlq replay --dry-run, then dlq replay --reason … or --all",
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
public final class DlqCommand implements Callable<Integer> {
  @Override
  public Integer call() throws UsageException {
    throw new UsageException(
        "say which: dlq list, show, replay, export, import or purge (see: dlq --help)");
  }
}
