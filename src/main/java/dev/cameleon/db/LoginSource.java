package dev.cameleon.db;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Opens connections with the current password, and reads the password again when the server refuses
 * it, because it may have been rotated.
 */
class LoginSource extends PGSimpleDataSource {
  private static final long serialVersionUID = 1L;

  /** invalid_password and invalid_authorization_specification. */
  private static final Set<String> REFUSED = Set.of("28P01", "28000");

  private final transient Password secret;

  LoginSource(Database.Login login) {
    this.secret = login.secret();
  }

  @Override
  public Connection getConnection(String user, String ignored) throws SQLException {
    String password = secret.get(Optional.empty()).orElse("");
    try {
      return super.getConnection(user, password);
    } catch (SQLException e) {
      Optional<String> other =
          REFUSED.contains(SqlErrors.state(e))
              ? secret.get(Optional.of(password))
              : Optional.empty();
      if (other.isEmpty()) {
        throw e;
      }
      return super.getConnection(user, other.get());
    }
  }
}
