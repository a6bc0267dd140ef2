package dev.cameleon.cli;

import dev.cameleon.contract.Shown;
import dev.cameleon.load.Database;
import dev.cameleon.load.Holders;
import dev.cameleon.load.SqlFailures;
import java.sql.SQLException;

/** The command could not do its work: exit code 1. */
final class FailedException extends Exception {
  private static final long serialVersionUID = 1L;

  private static final String NO_PRIVILEGE = "42501";
  private static final String NO_SCHEMA = "3F000";
  private static final String NO_FUNCTION = "42883";

  FailedException(String message) {
    super(message);
  }

  /**
   * The database refused or failed.
   *
   * @param login who asked
   * @param roles whose members may do this; the first is the one to become a member of
   */
  static FailedException of(Database.Login login, SQLException failure, String... roles) {
    String more =
        switch (SqlFailures.state(failure)) {
          case NO_PRIVILEGE ->
              "; it takes a member of "
                  + String.join(" or ", roles)
                  + ": set CAMELEON_DB_USER to one, or run as the owner: GRANT "
                  + roles[0]
                  + " TO \""
                  + Shown.role(login.user())
                  + "\"";
          case NO_SCHEMA, NO_FUNCTION -> "; the database has no vault yet: run migrate";
          default -> "";
        };
    return new FailedException(
        "the database refuses or fails as "
            + login
            + ": "
            + Holders.describe(login, failure)
            + more);
  }
}
