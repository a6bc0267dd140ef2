package dev.cameleon.load;

import dev.cameleon.db.Database;
import dev.cameleon.vault.SuppressionList;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Tests whether the database accepts rows, with {@code load.sql} on an empty batch: a plain {@code
 * SELECT 1} would prove nothing. It connects outside the pool, which would answer late after an
 * outage.
 *
 * @param login the loader's login
 * @param keyId the newest mask key
 * @param statement {@code load.sql}
 * @param suppression refreshed with each probe, because loaders that waited for the database need
 *     it fresh
 */
public record DatabaseProbe(
    Database.Login login, String keyId, LoadStatement statement, SuppressionList suppression) {

  void run() throws SQLException {
    try (Connection connection = Database.connect(login, keyId)) {
      suppression.refresh(connection);
      statement.run(connection, LoadParameters.NONE);
    }
  }
}
