package dev.cameleon.cli.privacy;

import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Printable;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.config.DatabaseSettings;
import dev.cameleon.config.Settings;
import dev.cameleon.db.Database;
import dev.cameleon.db.TableRecord;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.privacy.Audit;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tables}: the recorded tables that pipelines load in this database. */
@Command(
    name = "tables",
    mixinStandardHelpOptions = true,
    description =
        "List the tables that the privacy commands work on, or remove one from the" + " record.",
    subcommands = {TablesCommand.ListTables.class, TablesCommand.Remove.class})
public final class TablesCommand implements Callable<Integer> {
  @Override
  public Integer call() throws UsageException {
    throw new UsageException(
        "name a subcommand: tables list or tables remove (see: tables --help)");
  }

  private static Database.Login owner(PrivacyCommand command) throws InvalidSettingsException {
    return Settings.read(command.environment(), DatabaseSettings::read).owner();
  }

  /** {@code tables list}: shows the record. */
  @Command(
      name = "list",
      description = {
        "Print each recorded table as cameleon.tables declares it, with its pipeline.",
        "Uses CAMELEON_DB_OWNER_USER."
      })
  static final class ListTables extends PrivacyCommand {
    @Override
    public Integer call() throws InvalidSettingsException, FailedException {
      Database.Login owner = owner(this);
      try (Connection connection = Database.connect(owner)) {
        TableRecord.list(connection).forEach(line -> out().println(Printable.text(line)));
        return ExitCode.DONE;
      } catch (SQLException e) {
        throw FailedException.of(owner, e, "the owner of schema cameleon");
      }
    }
  }

  /** {@code tables remove}: takes a table out of the record. */
  @Command(
      name = "remove",
      description = {
        "Remove a table from the record, for every pipeline, after you dropped or renamed it.",
        "The privacy commands then no longer cover it: erase and keys retokenize leave"
            + " its remaining rows as they are, and vault prune deletes vault entries that"
            + " only these rows use. So a table that still exists is refused without"
            + " --although-it-exists.",
        "Uses CAMELEON_DB_OWNER_USER. The audit records it."
      })
  static final class Remove extends PrivacyCommand {
    @Parameters(paramLabel = "TABLE", description = "The table, as tables list prints it.")
    private String table;

    @Option(names = "--although-it-exists", description = "Remove it although the table exists.")
    private boolean exists;

    @Override
    public Integer call() throws InvalidSettingsException, FailedException {
      Database.Login owner = owner(this);
      try (Connection connection = Database.connect(owner)) {
        connection.setAutoCommit(false);
        if (!exists && TableRecord.exists(connection, table)) {
          throw new FailedException(
              "the table exists: drop it first, or, if Cameleon no longer needs to look"
                  + " after its rows, add --although-it-exists; nothing was removed");
        }
        if (TableRecord.remove(connection, table) == 0) {
          throw new FailedException(
              "no such table is recorded, or another recorded table reaches the person"
                  + " through it; see tables list; nothing was removed");
        }
        Audit.record(connection, new Audit.Act("remove-table", null, null, null, table));
        connection.commit();
        out().println("Removed from the record: " + Printable.text(table));
        return ExitCode.DONE;
      } catch (SQLException e) {
        throw FailedException.of(owner, e, "the owner of schema cameleon");
      }
    }
  }
}
