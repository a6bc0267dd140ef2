package dev.cameleon.load;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.Set;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Connections to PostgreSQL, pooled for the loaders and single for everything else. */
public final class Database {
  /**
   * Who connects, and where.
   *
   * @param url a JDBC URL
   * @param user the role
   * @param secret its password
   */
  public record Login(String url, String user, Password secret) {
    /** With a password that never changes. */
    public Login(String url, String user, String password) {
      this(url, user, Password.fixed(password));
    }

    /** Redacted. */
    @Override
    public String toString() {
      return user + " at " + withoutParameters(url);
    }
  }

  /** A server that lets nobody in for this long is away. */
  private static final int CONNECT_TIMEOUT_SECONDS = 3;

  /** Longer than the statement time-out of the route: a server that is gone without a word. */
  private static final int SOCKET_TIMEOUT_SECONDS = 60;

  /**
   * Bounds the wait for a lock, unless the role, the database or the URL does: any member of a role
   * may keep a transaction open. Longer than a loader's statement, shorter than the socket's
   * time-out, which would hide the reason.
   */
  private static final String BOUND_WAITS =
      "SELECT set_config('lock_timeout', '40s', false) WHERE current_setting('lock_timeout') = '0'";

  private Database() {}

  /** The URL without its parameters, which may hold a password. */
  public static String withoutParameters(String url) {
    int parameters = url.indexOf('?');
    return parameters < 0 ? url : url.substring(0, parameters);
  }

  /**
   * The connections of so many loaders.
   *
   * @param keyId the newest mask key; the database refuses rows under one that is retired
   */
  public static LoaderPool pool(Login login, int connections, String keyId) {
    return new LoaderPool(prepare(new LoaderPool.Source(login), login), connections, useKey(keyId));
  }

  /** One connection outside the pool. */
  public static Connection connect(Login login) throws SQLException {
    return prepare(new Bounded(login), login).getConnection();
  }

  /** Connections for what may take long: a migration of a large table. */
  static DataSource patient(Login login) {
    Bounded source = prepare(new Bounded(login), login);
    source.setSocketTimeout(0);
    return source;
  }

  /** Connections whose sessions do not wait for a lock for ever. */
  private static final class Bounded extends LoginSource {
    private static final long serialVersionUID = 1L;

    Bounded(Login login) {
      super(login);
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
      Connection connection = super.getConnection(user, password);
      try (Statement statement = connection.createStatement()) {
        statement.execute(BOUND_WAITS);
        return connection;
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
    }
  }

  /**
   * One connection outside the pool that may load.
   *
   * @param keyId the newest mask key
   */
  public static Connection connect(Login login, String keyId) throws SQLException {
    Connection connection = connect(login);
    try (Statement statement = connection.createStatement()) {
      statement.execute(useKey(keyId));
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * What the trigger require_current_key reads; and whatever the server's default is, the trigger
   * is to see a retirement that the statement has waited for.
   */
  private static String useKey(String keyId) {
    return "SET cameleon.mask_key = '"
        + keyId
        + "'; SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED"
        // The server's own limit: the driver's covers neither what it asks before a statement, nor
        // a statement whose process is gone.
        + "; SET statement_timeout = '30s'";
  }

  private static <T extends PGSimpleDataSource> T prepare(T source, Login login) {
    source.setLoginTimeout(CONNECT_TIMEOUT_SECONDS);
    source.setConnectTimeout(CONNECT_TIMEOUT_SECONDS);
    source.setSocketTimeout(SOCKET_TIMEOUT_SECONDS);
    source.setTcpKeepAlive(true);
    source.setApplicationName("cameleon");
    // The URL comes after the defaults, so that its parameters win.
    source.setURL(login.url());
    source.setUser(login.user());
    // Never let the driver put a row's values into an exception ("Failing row contains …").
    source.setLogServerErrorDetail(false);
    return source;
  }

  /** Whether the driver understands this URL. */
  public static boolean understands(String url) {
    return org.postgresql.Driver.parseURL(url, new Properties()) != null;
  }

  /** The port of a JDBC URL that names one host. */
  public static int port(String url) {
    Properties parsed = org.postgresql.Driver.parseURL(url, new Properties());
    return parsed == null ? 0 : Integer.parseInt(parsed.getProperty("PGPORT", "5432"));
  }

  /** Whether a connection by this URL is encrypted, or fails. */
  public static boolean requiresTls(String url) {
    Properties parsed = org.postgresql.Driver.parseURL(url, new Properties());
    return parsed != null
        && Set.of("require", "verify-ca", "verify-full")
            .contains(parsed.getProperty("sslmode", "prefer"));
  }

  /** The host of a JDBC URL, or an empty string where it names several or none. */
  public static String host(String url) {
    Properties parsed = org.postgresql.Driver.parseURL(url, new Properties());
    return parsed == null ? "" : parsed.getProperty("PGHOST", "");
  }
}
