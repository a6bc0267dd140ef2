package dev.cameleon.support;

import dev.cameleon.db.Database;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * A login role for one test; roles belong to the whole server, not to a database.
 *
 * @param database the database where it is used
 * @param name its name
 */
public record LoginRole(TestDatabase database, String name) {
  private static final String PASSWORD = "secret-of-a-test";

  /** Creates a login that is a member of these roles. */
  public static LoginRole in(TestDatabase database, String... roles) {
    String name = "login_" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
    database.execute("CREATE ROLE " + name + " LOGIN PASSWORD '" + PASSWORD + "'");
    for (String role : roles) {
      database.execute("GRANT " + role + " TO " + name);
    }
    return new LoginRole(database, name);
  }

  /** A connection as this role. */
  public Connection connect() throws SQLException {
    return Database.connect(login());
  }

  /** Its login. */
  public Database.Login login() {
    return new Database.Login(database.url(), name, PASSWORD);
  }

  /** The environment variables for a login as this role. */
  public Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>(database.environment());
    environment.put("CAMELEON_DB_USER", name);
    environment.put("CAMELEON_DB_PASSWORD", PASSWORD);
    return environment;
  }
}
