package dev.cameleon.cli.console;

import dev.cameleon.db.Database;
import dev.cameleon.db.LockHolders;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.errors.SafeQuote;
import java.io.PrintWriter;
import java.sql.SQLException;

/** Thrown when a command could not do its work: exit code 1. */
public final class FailedException extends Exception {
  private static final long serialVersionUID = 1L;

  private static final String NO_PRIVILEGE = "42501";
  private static final String NO_SCHEMA = "3F000";
  private static final String NO_FUNCTION = "42883";

  /**
   * Creates the exception.
   *
   * @param message a sentence for the operator; holds nothing personal
   */
  public FailedException(String message) {
    super(message);
  }

  /**
   * Throws this exception if a write to standard output failed, for example because its reader is
   * gone.
   */
  public static void requireWritten(PrintWriter out) throws FailedException {
    if (out.checkError()) {
      throw new FailedException("cannot write to standard output");
    }
  }

  /**
   * Describes a failure or refusal of the database.
   *
   * @param login the login of the command
   * @param roles the roles whose members may run the command; the message suggests joining the
   *     first
   */
  public static FailedException of(Database.Login login, SQLException failure, String... roles) {
    String more =
        switch (SqlErrors.state(failure)) {
          case NO_PRIVILEGE ->
              "; this needs a member of %s: set CAMELEON_DB_USER to one, or run this as the owner:"
                      .formatted(String.join(" or ", roles))
                  + " GRANT %s TO \"%s\"".formatted(roles[0], SafeQuote.role(login.user()));
          case NO_SCHEMA, NO_FUNCTION -> "; the database has no Cameleon schema yet: run migrate";
          default -> "";
        };
    return new FailedException(
        "the command failed at the database as %s: %s%s"
            .formatted(login, LockHolders.describe(login, failure), more));
  }
}
