package dev.cameleon.db;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
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
   * its number is known; the process must then report that instead of waiting for ever.
   */
  private static final int LOCK_RETRIES = 30;

  /** Flyway has no error code for a lock that it cannot acquire. */
  private static final String LOCKED_OUT = "advisory lock";

  /**
   * Flyway's record when there is nothing to migrate: versions with their checksums. Add each new
   * migration here; until then, {@code MigrationsTest} fails and prints the line.
   */
  static final String CURRENT =
      "1:2056664039,2:197963918,3:177344106,4:1214017253,5:1601263431,6:-1000096930";

  private static final String RECORDED =
      "SELECT coalesce(string_agg(version || ':' || checksum || CASE WHEN success THEN '' ELSE ' failed' END, ','"
          + " ORDER BY installed_rank), '') FROM cameleon.flyway_schema_history WHERE type <> 'SCHEMA'";

  private static final String UNDEFINED_TABLE = "42P01";

  private Migrations() {}

  /**
   * Applies pending migrations. Processes that start together take turns, by Flyway's lock. One
   * query finds out if there is nothing to migrate: Flyway needs some thirty, which take half a
   * second of every start at 10 ms from the database.
   *
   * @param owner the role that owns the tables
   * @return how many migrations were applied
   * @throws FlywayException if one fails
   * @throws SQLException if Flyway's lock cannot be acquired; {@link LockHolders} names the holder
   */
  public static int migrate(Database.Login owner) throws SQLException {
    return migrate(owner, LOCK_RETRIES);
  }

  static int migrate(Database.Login owner, int lockRetries) throws SQLException {
    return recorded(owner).equals(CURRENT) ? 0 : run(owner, lockRetries);
  }

  /** The migrations that Flyway has recorded, in order; empty without a record. */
  static String recorded(Database.Login owner) throws SQLException {
    try (Connection connection = Database.connect(owner);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(RECORDED)) {
      row.next();
      return row.getString(1);
    } catch (SQLException e) {
      if (UNDEFINED_TABLE.equals(e.getSQLState())) {
        return "";
      }
      throw e;
    }
  }

  private static int run(Database.Login owner, int lockRetries) throws SQLException {
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
