package dev.cameleon.load;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.output.MigrateResult;

/**
 * Brings the database to this version's schema. Everything but the given table is in schema
 * cameleon.
 */
public final class Migrations {
  private static final String SCHEMA = "cameleon";

  /** Any constant that every process takes: one migrates, the others wait. */
  private static final long LOCK = 0x63616d656c656f6eL;

  private Migrations() {}

  /**
   * Applies what is missing, alone: processes that start together take turns.
   *
   * @param owner the role that owns the tables
   * @return how many migrations were applied
   * @throws FlywayException if one fails
   */
  public static int migrate(Database.Login owner) throws SQLException {
    try (Connection lock = Database.connect(owner)) {
      lock(lock, "SELECT pg_advisory_lock(?)");
      try {
        MigrateResult result =
            Flyway.configure()
                .dataSource(owner.url(), owner.user(), owner.password())
                .schemas(SCHEMA)
                .defaultSchema(SCHEMA)
                .createSchemas(true)
                .locations("classpath:db/migration")
                .connectRetries(0)
                .load()
                .migrate();
        return result.migrationsExecuted;
      } finally {
        lock(lock, "SELECT pg_advisory_unlock(?)");
      }
    }
  }

  private static void lock(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, LOCK);
      statement.execute();
    }
  }
}
