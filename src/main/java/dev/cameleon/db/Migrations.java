package dev.cameleon.db;

import java.sql.SQLException;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * Migrates the database to this version's schema. All objects except the given table are in schema
 * cameleon.
 */
public final class Migrations {
  private static final String SCHEMA = "cameleon";

  /**
   * How often Flyway tries to take its own lock, once a second. Any login could hold it, because
   * its number is known; that must not stop this process from reporting it.
   */
  private static final int LOCK_RETRIES = 30;

  /** Flyway has no error code for a lock that it cannot get. */
  private static final String LOCKED_OUT = "advisory lock";

  private Migrations() {}

  /**
   * Applies pending migrations. Processes that start together take turns, by Flyway's lock.
   *
   * @param owner the role that owns the tables
   * @return how many migrations were applied
   * @throws FlywayException if one fails
   * @throws SQLException if Flyway's lock cannot be had; {@link LockHolders} says who holds it
   */
  public static int migrate(Database.Login owner) throws SQLException {
    return migrate(owner, LOCK_RETRIES);
  }

  static int migrate(Database.Login owner, int lockRetries) throws SQLException {
    try {
      return Flyway.configure()
          .dataSource(Database.patient(owner))
          .schemas(SCHEMA)
          .defaultSchema(SCHEMA)
          .createSchemas(true)
          .locations("classpath:db/migration")
          .connectRetries(0)
          .lockRetryCount(lockRetries)
          .load()
          .migrate()
          .migrationsExecuted;
    } catch (FlywayException e) {
      if (SqlErrors.state(e).isEmpty() && String.valueOf(e.getMessage()).contains(LOCKED_OUT)) {
        throw new SQLException("Flyway's lock is held", LockHolders.NOT_LOCKED, e);
      }
      throw e;
    }
  }
}
