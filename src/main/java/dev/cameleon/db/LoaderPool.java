package dev.cameleon.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * The loaders' connections to PostgreSQL: one per loader, opened on first use. A connection that
 * failed is not reused, and all can be closed at once, even those that wait for an answer.
 */
public final class LoaderPool extends HikariDataSource {
  /**
   * How long a loader waits for a connection. The pool pauses ever longer between its attempts, up
   * to this total. With a longer time, it would notice the server's return late.
   */
  private static final long WAIT_MILLIS = 2_000;

  private final Source source;

  LoaderPool(Source source, int connections, String first) {
    super(config(source, connections, first));
    this.source = source;
  }

  private static HikariConfig config(Source source, int connections, String first) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("loaders");
    config.setDataSource(source);
    config.setMaximumPoolSize(connections);
    config.setMinimumIdle(0);
    config.setConnectionInitSql(first);
    config.setInitializationFailTimeout(-1);
    config.setConnectionTimeout(WAIT_MILLIS);
    config.setExceptionOverride(new Eviction());
    return config;
  }

  /**
   * Closes the connections that were opened before a given moment. A loader that waits for an
   * answer then fails at once with class 08, instead of waiting for a silent server until the
   * socket's time-out, or far longer if it is stuck in a write. Does not block.
   *
   * @param beforeNanos the moment, by {@link System#nanoTime}
   */
  public void abandon(long beforeNanos) {
    source.sockets.closeOpenedBefore(beforeNanos);
  }

  /**
   * Closes the connections on which a write has made no progress since a given moment.
   *
   * @param sinceNanos the moment, by {@link System#nanoTime}
   * @return how many were closed
   */
  public int abandonStuck(long sinceNanos) {
    return source.sockets.closeStuckSince(sinceNanos);
  }

  @Override
  public void close() {
    super.close();
    source.sockets.close();
  }

  /**
   * Decides which connections are closed after a failure. The session may be at fault rather than
   * the server: for example, a session opened while the server was read-only stays read-only.
   */
  private static final class Eviction implements SQLExceptionOverride {
    private final SqlErrors errors = new SqlErrors();

    @java.lang.Override // Hikari's nested type Override hides the annotation
    public SQLExceptionOverride.Override adjudicate(SQLException failure) {
      return errors.isRefusal(failure) || errors.isConflict(failure)
          ? SQLExceptionOverride.Override.DO_NOT_EVICT
          : SQLExceptionOverride.Override.MUST_EVICT;
    }
  }

  /** Opens connections whose sockets are tracked. */
  static final class Source extends LoginSource {
    private static final long serialVersionUID = 1L;

    private final transient PoolSockets sockets = new PoolSockets();

    Source(Database.Login login) {
      super(login);
    }

    /**
     * Lets {@link LoaderPool#abandon} close the sockets, unless the URL names its own socket
     * factory.
     */
    void watchSockets() {
      setSocketFactory(PoolSockets.Factory.class.getName());
      setSocketFactoryArg(sockets.id());
    }

    /**
     * Ignored, so that the URL's time-out applies; the pool would limit each login to its own
     * waiting time.
     */
    @Override
    public void setLoginTimeout(int ofThePool) {
      // unchanged
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
      return ConfirmedCommits.on(super.getConnection(user, password));
    }
  }
}
