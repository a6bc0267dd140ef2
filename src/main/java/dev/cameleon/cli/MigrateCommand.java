package dev.cameleon.cli;

import dev.cameleon.app.Configuration;
import dev.cameleon.app.DatabasePreflight;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.Invocation;
import dev.cameleon.config.Settings;
import dev.cameleon.db.Database;
import dev.cameleon.db.TableRecord;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.UnreachableException;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code migrate}: applies only the migrations, for sites that deploy the schema separately from
 * the service.
 */
@Command(
    name = "migrate",
    mixinStandardHelpOptions = true,
    description = {
      "Migrate the database to this version's schema, as CAMELEON_DB_OWNER_USER.",
      "Records the tables of cameleon.tables for the privacy commands, and grants"
          + " the roles the rights that they need on them.",
      "Creates public.user_logins if it does not exist, whatever your pipeline"
          + " loads, and never changes an existing one; everything else is in the schema"
          + " cameleon."
    })
public final class MigrateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InvalidSettingsException, UnreachableException {
    Settings settings = Settings.read(Invocation.of(spec).environment());
    TableRecord tables = Configuration.tables(settings);
    Database.Login owner = settings.database().owner();
    int applied = DatabasePreflight.migrate(owner);
    DatabasePreflight.record(owner, tables);
    spec.commandLine()
        .getOut()
        .println(
            applied == 0
                ? "The database is up to date."
                : "Applied " + applied + " migrations as " + owner + ".");
    spec.commandLine()
        .getOut()
        .println(
            "The pipeline %s loads %s (see tables list)."
                .formatted(
                    tables.pipeline(),
                    tables.tables().stream()
                        .map(table -> table.table().toString())
                        .collect(Collectors.joining(", "))));
    return ExitCode.DONE;
  }
}
