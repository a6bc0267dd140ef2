package dev.cameleon.load;

import dev.cameleon.db.Database;
import dev.cameleon.vault.SuppressionList;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Asks whether the database takes rows, with {@code load.sql} on an empty batch: a mere {@code
 * SELECT 1} would prove nothing. It asks outside the pool, which would answer late after an outage.
 *
 * @param login who loads
 * @param keyId the newest mask key
 * @param statement {@code load.sql}
 * @param suppression read anew by the way: whoever waited for the answer needs it
 */
public record DatabaseProbe(
    Database.Login login, String keyId, LoadSql statement, SuppressionList suppression) {

  void run() throws SQLException {
    try (Connection connection = Database.connect(login, keyId)) {
      suppression.refresh(connection);
      statement.run(connection, LoadParameters.NONE);
    }
  }
}
