package dev.cameleon.db;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import org.postgresql.util.PSQLWarning;

/**
 * Turns a commit that the synchronous standby did not confirm into a failure. If the wait for the
 * standby is cancelled, PostgreSQL commits locally, reports success and adds only a warning, which
 * nobody would read: a failover would then lose the rows.
 */
final class ConfirmedCommits implements InvocationHandler {
  /** The server's routine that gives the warning, whose text is in the server's language. */
  private static final String WAIT_FOR_STANDBY = "SyncRepWaitForLSN";

  private final Object target;

  private ConfirmedCommits(Object target) {
    this.target = target;
  }

  /** Wraps a connection, whose statements and commits throw if the standby did not confirm them. */
  static Connection on(Connection connection) {
    return proxy(Connection.class, connection);
  }

  private static <T> T proxy(Class<T> type, T target) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(), new Class<?>[] {type}, new ConfirmedCommits(target)));
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
    Object result;
    try {
      result = method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
    if (target instanceof Statement statement && method.getName().startsWith("execute")) {
      requireConfirmed(statement.getWarnings());
    } else if (target instanceof Connection connection && method.getName().equals("commit")) {
      requireConfirmed(connection.getWarnings());
    }
    if (result instanceof PreparedStatement prepared) {
      return proxy(PreparedStatement.class, prepared);
    }
    return result;
  }

  private static void requireConfirmed(SQLWarning first) throws SQLException {
    for (SQLWarning warning = first; warning != null; warning = warning.getNextWarning()) {
      if (warning instanceof PSQLWarning postgres
          && WAIT_FOR_STANDBY.equals(postgres.getServerErrorMessage().getRoutine())) {
        throw new SQLException("not confirmed by the standby", SqlErrors.NOT_CONFIRMED);
      }
    }
  }
}
