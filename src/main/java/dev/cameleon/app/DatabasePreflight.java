package dev.cameleon.app;

import dev.cameleon.config.DatabaseSettings;
import dev.cameleon.config.Settings;
import dev.cameleon.db.Database;
import dev.cameleon.db.LockHolders;
import dev.cameleon.db.Migrations;
import dev.cameleon.db.SharedSessions;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.db.TableRecord;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.UnreachableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.flywaydb.core.api.FlywayException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Prepares and checks the database before the start, and before a reload takes effect. */
public final class DatabasePreflight {
  private static final Logger LOG = LoggerFactory.getLogger(DatabasePreflight.class);

  private DatabasePreflight() {}

  /** Applies the migrations; returns how many. */
  public static int migrate(Database.Login owner)
      throws InvalidSettingsException, UnreachableException {
    try {
      int applied = Migrations.migrate(owner);
      if (applied > 0) {
        LOG.info("Applied {} migrations to the database.", applied);
      }
      return applied;
    } catch (FlywayException e) {
      if (SqlErrors.state(e).isEmpty()) {
        throw new InvalidSettingsException(
            "this version cannot migrate the schema cameleon of the database (Flyway: "
                + e.getErrorCode()
                + "): it may have been created by hand, or by a newer version; run that"
                + " version, or set CAMELEON_DB_URL to another database");
      }
      throw failed("cannot apply the migrations", owner, e);
    } catch (SQLException e) {
      throw failed("cannot apply the migrations", owner, e);
    }
  }

  /**
   * Records the tables and the mask of the files that run from now on, if they fit the existing
   * record.
   *
   * @throws InvalidSettingsException if they do not fit
   * @throws UnreachableException if the database does not answer
   */
  static void record(Configuration plan) throws InvalidSettingsException, UnreachableException {
    DatabaseSettings database = plan.settings().database();
    if (database.migrate()) {
      record(database.owner(), plan.tables());
    }
    guard(plan);
  }

  /**
   * Records the tables that a pipeline loads, for the privacy commands.
   *
   * @throws InvalidSettingsException if a table does not fit its declaration
   * @throws UnreachableException if the database does not answer
   */
  public static void record(Database.Login owner, TableRecord tables)
      throws InvalidSettingsException, UnreachableException {
    try (Connection connection = Database.connect(owner)) {
      List<String> problems = tables.save(connection);
      InvalidSettingsException.throwIfAny(
          problems.stream()
              .map(problem -> Settings.named("cameleon.tables") + ": " + problem)
              .toList());
    } catch (SQLException e) {
      throw failed("cannot record the tables", owner, e);
    }
  }

  private static UnreachableException failed(String what, Database.Login login, Exception e) {
    return new UnreachableException(
        "DATABASE",
        what + " as " + login + ": " + LockHolders.describe(login, e),
        what + ": " + SqlErrors.describe(e));
  }

  /**
   * Rejects a mask, tables or a {@code load.sql} that do not fit the database's record; records new
   * masked fields and keys.
   *
   * @throws InvalidSettingsException if they do not fit
   * @throws UnreachableException if the database does not answer
   */
  static void guard(Configuration plan) throws InvalidSettingsException, UnreachableException {
    Database.Login login = plan.settings().database().loader();
    try (Connection connection = Database.connect(login)) {
      InvalidSettingsException.throwIfAny(plan.maskProblems(connection));
      InvalidSettingsException.throwIfAny(plan.unrecordedTables(connection));
      InvalidSettingsException.throwIfAny(undeclared(plan, connection));
    } catch (SQLException e) {
      throw unusable(login, e);
    }
  }

  private static List<String> undeclared(Configuration plan, Connection connection)
      throws SQLException {
    try {
      return plan.undeclaredTables(connection);
    } catch (SQLException e) {
      if (!SqlErrors.state(e).startsWith("42")) {
        throw e;
      }
      return plan.undeclaredTables(); // it cannot load anything as it is; the probe says why
    }
  }

  /**
   * Rejects a pooler that changes the session between transactions.
   *
   * @throws InvalidSettingsException if there is one
   * @throws UnreachableException if the database does not answer
   */
  static void requireOwnSessions(Database.Login login)
      throws InvalidSettingsException, UnreachableException {
    try (Connection connection = Database.connect(login)) {
      InvalidSettingsException.throwIfAny(
          SharedSessions.problem(connection, login).stream().toList());
    } catch (SQLException e) {
      throw unusable(login, e);
    }
  }

  private static UnreachableException unusable(Database.Login login, SQLException failure) {
    return failed("cannot use the database", login, failure);
  }
}
