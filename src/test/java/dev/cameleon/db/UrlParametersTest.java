package dev.cameleon.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cameleon.support.Shared;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.SocketFactory;
import org.junit.jupiter.api.Test;

/** Parameters in the URL take effect, unless they would be unsafe. */
class UrlParametersTest {
  private static final String OF_THE_OPERATOR =
      "?socketTimeout=7&connectTimeout=8&loginTimeout=9&tcpKeepAlive=false&ApplicationName=other"
          + "&logServerErrorDetail=true&user=nobody&password=wrong&socketFactory="
          + OwnSockets.class.getName()
          + "&socketFactoryArg=";

  @Test
  void theUrlsParametersHoldForSingleConnectionsAndForTheLoaders() throws Exception {
    Database.Login login = login(OF_THE_OPERATOR + "theirs");

    try (Connection single = Database.connect(login)) {
      assertOfTheOperator(single);
    }
    assertThat(OwnSockets.arguments).containsOnly("theirs").isNotEmpty();
    OwnSockets.arguments.clear();
    try (LoaderPool pool = Database.pool(login, 1, "01020304");
        Connection pooled = pool.getConnection()) {
      assertOfTheOperator(pooled);
      assertThat(pool.getDataSource().getLoginTimeout()).isEqualTo(9);
      pool.abandon(System.nanoTime()); // has no sockets to close, and does no harm
    }
    assertThat(OwnSockets.arguments).containsOnly("theirs").isNotEmpty();
  }

  private static void assertOfTheOperator(Connection connection) throws Exception {
    assertThat(connection.getNetworkTimeout()).isEqualTo(7000);
    assertThat(OwnSockets.last.getKeepAlive()).isFalse();
    assertThat(query(connection, "SHOW application_name")).isEqualTo("other");
    // The operator cannot choose these.
    assertThat(query(connection, "SELECT current_user")).isEqualTo("postgres");
    SQLException refusal =
        catchThrowableOfType(
            SQLException.class,
            () ->
                query(
                    connection,
                    "CREATE TEMPORARY TABLE few (n integer CHECK (n < 10)); INSERT INTO few VALUES (4711)"));
    assertThat(refusal.getSQLState()).isEqualTo("23514");
    assertThat(refusal.getMessage()).doesNotContain("4711");
  }

  @Test
  void parametersMissingFromTheUrlGetDefaults() throws Exception {
    try (Connection single = Database.connect(login(""));
        LoaderPool pool = Database.pool(login(""), 1, "01020304");
        Connection pooled = pool.getConnection()) {
      for (Connection connection : List.of(single, pooled)) {
        assertThat(connection.getNetworkTimeout()).isEqualTo(60_000);
        assertThat(query(connection, "SHOW application_name")).isEqualTo("cameleon");
      }
    }
  }

  private static Database.Login login(String parameters) {
    String url = Shared.postgres().database().url() + parameters;
    return new Database.Login(url, "postgres", "postgres");
  }

  private static String query(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  /** A socket factory that an operator brings. */
  public static final class OwnSockets extends SocketFactory {
    private static final List<String> arguments = new CopyOnWriteArrayList<>();
    private static volatile Socket last;

    /** For the driver. */
    public OwnSockets(String argument) {
      arguments.add(argument);
    }

    @Override
    public Socket createSocket() {
      last = new Socket();
      return last;
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
      throw new IOException();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort)
        throws IOException {
      throw new IOException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
      throw new IOException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort)
        throws IOException {
      throw new IOException();
    }
  }
}
