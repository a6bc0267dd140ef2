package dev.cameleon.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.Shared;
import java.net.InetAddress;
import java.net.Socket;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.SocketFactory;
import org.junit.jupiter.api.Test;

/** What the URL says about a connection wins over the defaults, in the pool and outside of it. */
class UrlParametersTest {
  private static final AtomicInteger OPENED = new AtomicInteger();

  private final TestDatabase database = Shared.postgres().database();

  @Test
  void theUrlsParametersWin() throws Exception {
    assertThat(applicationName("")).isEqualTo("cameleon");
    assertThat(applicationName("?ApplicationName=mine")).isEqualTo("mine");
    try (Connection connection = Database.connect(login("?socketTimeout=7"))) {
      assertThat(connection.getNetworkTimeout()).isEqualTo(7000);
    }
    try (Connection connection = Database.connect(login(""))) {
      assertThat(connection.getNetworkTimeout()).isEqualTo(60_000);
    }
  }

  @Test
  void loadersUseTheUrlsSocketFactoryAsWell() throws Exception {
    Database.Login login = login("?socketFactory=" + Counted.class.getName());
    try (Connection outside = Database.connect(login);
        LoaderPool pool = Database.pool(login, 1, "11111111");
        Connection pooled = pool.getConnection()) {
      assertThat(outside.isValid(5)).isTrue();
      assertThat(pooled.isValid(5)).isTrue();
    }
    assertThat(OPENED.get()).isEqualTo(2);
  }

  private Database.Login login(String parameters) {
    return new Database.Login(database.url() + parameters, "postgres", "postgres");
  }

  private String applicationName(String parameters) throws Exception {
    try (Connection connection = Database.connect(login(parameters));
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW application_name")) {
      row.next();
      return row.getString(1);
    }
  }

  /** Sockets as they are, counted. */
  public static final class Counted extends SocketFactory {
    @Override
    public Socket createSocket() {
      OPENED.incrementAndGet();
      return new Socket();
    }

    @Override
    public Socket createSocket(String host, int port) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) {
      throw new UnsupportedOperationException();
    }
  }
}
