package dev.cameleon.privacy;

import dev.cameleon.db.Database;
import java.sql.Connection;
import java.sql.SQLException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jdbi.v3.core.statement.StatementExceptions.MessageRendering;
import org.jdbi.v3.core.statement.TemplateEngine;

/**
 * Runs statements through jdbi. Its exceptions, which may quote arguments, do not leave this
 * package; callers get the driver's exceptions.
 */
final class Sql {
  /** Work whose statements run through jdbi. */
  @FunctionalInterface
  interface Work<T, X extends Exception> {
    /** Does the work. */
    T run() throws SQLException, X;
  }

  private Sql() {}

  /** Statements on this connection, which the caller closes. */
  static Handle on(Connection connection) {
    return open(Jdbi.create(connection));
  }

  /** Opens an officer's connection, whose statements may take long. */
  static Handle officer(Database.Login login) {
    Handle db = open(Jdbi.create(Database.patient(login)));
    try {
      db.execute("SET statement_timeout = 0");
      // Releases the locks if this machine disappears.
      db.execute("SET idle_in_transaction_session_timeout = '30s'");
      return db;
    } catch (JdbiException e) {
      db.close();
      throw e;
    }
  }

  private static Handle open(Jdbi jdbi) {
    jdbi.getConfig(SqlStatements.class).setTemplateEngine(TemplateEngine.NOP);
    jdbi.getConfig(StatementExceptions.class).setMessageRendering(MessageRendering.NONE);
    Handle db = jdbi.registerArrayType(String.class, "text").open();
    // Turns hidden rows into an error: a row hidden by a policy would not be erased, and would not
    // keep its vault entry.
    db.execute("SET row_security = off");
    return db;
  }

  /**
   * Does work, and unwraps the driver's exception from jdbi's.
   *
   * @throws SQLException if the database refuses or fails
   */
  static <T, X extends Exception> T call(Work<T, X> work) throws SQLException, X {
    try {
      return work.run();
    } catch (JdbiException e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof SQLException failure) {
          throw failure;
        }
      }
      // A mistake in a statement. The message is dropped, because some of jdbi's messages always
      // quote arguments.
      IllegalStateException mistake =
          new IllegalStateException("a statement failed: " + e.getClass().getSimpleName());
      mistake.setStackTrace(e.getStackTrace());
      throw mistake;
    }
  }
}
