package dev.cameleon.privacy;

import dev.cameleon.db.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** Opens an officer's connections, whose statements may take long. */
final class OfficerConnection {
  private OfficerConnection() {}

  static Connection connect(Database.Login login) throws SQLException {
    Connection connection = Database.connect(login);
    try (Statement statement = connection.createStatement()) {
      connection.setNetworkTimeout(Runnable::run, 0); // large tables take over a minute
      statement.execute("SET statement_timeout = 0");
      // If this machine disappears, its locks must not stay.
      statement.execute("SET idle_in_transaction_session_timeout = '30s'");
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }
}
