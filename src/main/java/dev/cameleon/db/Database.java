package dev.cameleon.db;

import dev.cameleon.errors.SafeQuote;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import javax.sql.DataSource;
import org.postgresql.PGProperty;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.SslMode;

/** Connections to PostgreSQL, pooled for the loaders and single for everything else. */
public final class Database {
  /** A role's login to a database. */
  public record Login(String url, String user, Password secret) {
    /** A login with a password that never changes. */
    public Login(String url, String user, String password) {
      this(url, user, Password.fixed(password));
    }

    /** Leaves out the password. */
    @Override
    public String toString() {
      return SafeQuote.role(user) + " at " + withoutParameters(url);
    }
  }

  /** Connection properties that apply unless the URL sets them; times in seconds. */
  private static final Map<PGProperty, String> DEFAULTS =
      Map.of(
          // A server that accepts no connection for this long counts as unreachable.
          PGProperty.LOGIN_TIMEOUT, "3",
          PGProperty.CONNECT_TIMEOUT, "3",
          // Longer than the session's statement time-out; detects a server that disappeared
          // silently.
          PGProperty.SOCKET_TIMEOUT, "60",
          // Cancelling a statement on a silent server must not take longer than detecting the
          // silence.
          PGProperty.CANCEL_SIGNAL_TIMEOUT, "2",
          PGProperty.TCP_KEEP_ALIVE, "true",
          PGProperty.APPLICATION_NAME, "cameleon");

  /**
   * Our own statements find only PostgreSQL's functions and operators. With the database's own
   * path, anybody who may create objects in one of its schemas, such as public before PostgreSQL
   * 15, could add a better match, which would run with the rights of an officer (CVE-2018-1058).
   */
  private static final String OWN_NAMES_ONLY = "SET search_path = pg_catalog, pg_temp; ";

  /**
   * Limits the wait for a lock, unless the role, the database or the URL does, because any member
   * of a role may keep a transaction open. Longer than a loader's statement; shorter than the
   * socket's time-out, which would hide the reason.
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
   * A pool of connections for loaders.
   *
   * @param connections the size of the pool
   * @param keyId the newest mask key; the database refuses rows under a retired one
   */
  public static LoaderPool pool(Login login, int connections, String keyId) {
    LoaderPool.Source source = prepare(new LoaderPool.Source(login), login);
    if (parsed(login.url()).getProperty(PGProperty.SOCKET_FACTORY.getName()) == null) {
      source.watchSockets();
    }
    return new LoaderPool(source, connections, session(keyId));
  }

  /**
   * Opens one connection outside the pool.
   *
   * @throws SQLException if the database cannot be reached or refuses the login
   */
  public static Connection connect(Login login) throws SQLException {
    return prepare(new Bounded(login), login).getConnection();
  }

  /**
   * Connections for statements that may take long, such as the migration or the scan of a large
   * table.
   */
  public static DataSource patient(Login login) {
    Bounded source = prepare(new Bounded(login), login);
    source.setSocketTimeout(0);
    return source;
  }

  /**
   * Connections whose sessions wait for locks only for a limited time, and call only PostgreSQL's
   * functions.
   */
  private static final class Bounded extends LoginSource {
    private static final long serialVersionUID = 1L;

    Bounded(Login login) {
      super(login);
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
      Connection connection = super.getConnection(user, password);
      try (Statement statement = connection.createStatement()) {
        statement.execute(OWN_NAMES_ONLY + BOUND_WAITS);
        return connection;
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
    }
  }

  /**
   * Opens one connection outside the pool with which rows can be loaded.
   *
   * @param keyId the newest mask key
   * @throws SQLException if the database cannot be reached or refuses the login
   */
  public static Connection connect(Login login, String keyId) throws SQLException {
    Connection connection = connect(login);
    try (Statement statement = connection.createStatement()) {
      // As in the pool: load.sql belongs to the operator, and so do triggers on their table.
      statement.execute("RESET search_path; " + session(keyId));
      return ConfirmedCommits.on(connection);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * The settings of a session that loads, whatever server, database, role or URL set.
   *
   * <p>The trigger require_current_key reads the key, and READ COMMITTED lets it see a retirement
   * that the statement has waited for. A commit must be on disk, and on the disk of a synchronous
   * standby, before its messages are deleted; remote_apply guarantees more than that, all other
   * values less. The warning about a cancelled wait for the standby must arrive (see {@link
   * ConfirmedCommits}). The statement time-out is the server's, because the driver's covers neither
   * the driver's own queries before a statement nor a statement whose client is gone, and it would
   * end the wait for the standby.
   */
  private static String session(String keyId) {
    return "SET cameleon.mask_key = '"
        + keyId
        + "'; SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED"
        + "; SET statement_timeout = '30s'"
        + "; SET client_min_messages = warning"
        + "; SELECT set_config('synchronous_commit', 'on', false)"
        + " WHERE current_setting('synchronous_commit') <> 'remote_apply'";
  }

  private static <T extends PGSimpleDataSource> T prepare(T source, Login login) {
    // The driver's setter does not replace earlier values, so the URL comes first.
    source.setURL(login.url());
    Properties named = parsed(login.url());
    DEFAULTS.forEach(
        (property, value) -> {
          if (named.getProperty(property.getName()) == null) {
            source.setProperty(property, value);
          }
        });
    source.setUser(login.user());
    // Otherwise the driver puts a row's values into exceptions ("Failing row contains …").
    source.setLogServerErrorDetail(false);
    return source;
  }

  /** Whether the driver accepts this URL. */
  public static boolean understands(String url) {
    return org.postgresql.Driver.parseURL(url, new Properties()) != null;
  }

  /** The hosts of a JDBC URL: several for a server with standbys, none if it names none. */
  public static List<String> hosts(String url) {
    String hosts = parsed(url).getProperty("PGHOST", "");
    return hosts.isEmpty() ? List.of() : List.of(hosts.split(",", -1));
  }

  /** The port of a JDBC URL that names one host. */
  public static int port(String url) {
    return Integer.parseInt(parsed(url).getProperty("PGPORT", "5432"));
  }

  /** The sslmode of this URL; {@code prefer} if it has none. */
  public static String sslMode(String url) {
    try {
      return SslMode.of(parsed(url)).value;
    } catch (SQLException e) {
      return "unknown";
    }
  }

  /** Whether a connection to this URL is encrypted or else fails. */
  public static boolean requiresTls(String url) {
    return Set.of("require", "verify-ca", "verify-full").contains(sslMode(url));
  }

  static Properties parsed(String url) {
    Properties parsed = org.postgresql.Driver.parseURL(url, new Properties());
    return parsed == null ? new Properties() : parsed;
  }
}
