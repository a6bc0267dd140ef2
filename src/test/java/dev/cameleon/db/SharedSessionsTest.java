package dev.cameleon.db;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.config.Settings;
import dev.cameleon.support.Site;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The part of {@code deploy/try/database.sh} about PgBouncer, without a PgBouncer. */
class SharedSessionsTest {
  @TempDir private Path folder;
  private Database.Login login;

  @BeforeEach
  void createDatabase() throws Exception {
    login = Settings.read(Site.in(folder).environment()).database().loader();
  }

  @Test
  void connectionsWithTheirOwnSessionsAreAccepted() throws Exception {
    try (Connection connection = Database.connect(login)) {
      assertThat(SharedSessions.problem(connection, login)).isEmpty();
    }
  }

  @Test
  void aConnectionWhoseSessionChangesBetweenStatementsIsAProblem() throws Exception {
    try (Connection one = Database.connect(login);
        Connection other = Database.connect(login)) {
      assertThat(SharedSessions.problem(alternating(one, other), login))
          .hasValueSatisfying(words -> assertThat(words).contains("pool_mode=session"));
    }
  }

  /**
   * Simulates a pooler in statement or transaction mode: each statement goes to the next session.
   */
  private static Connection alternating(Connection one, Connection other) {
    int[] statements = {0};
    return (Connection)
        Proxy.newProxyInstance(
            Connection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) ->
                method.invoke(statements[0]++ % 2 == 0 ? one : other, arguments));
  }
}
