package dev.cameleon.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * The loaders' connections to PostgreSQL: one for each, opened when it is used. None that failed is
 * used again, and all can be given up at once, those included that wait for an answer.
 */
public final class LoaderPool extends HikariDataSource {
  /**
   * How long a loader waits for a connection. The pool pauses ever longer between its attempts, up
   * to this time in all: a longer one would notice late that the server is back.
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
   * Gives up the connections that were opened before a moment. Who waits for an answer on one fails
   * at once with class 08, instead of waiting for a server that is gone without a word until the
   * socket's time-out; who is stuck in writing would wait far longer. Does not block.
   *
   * @param beforeNanos that moment, by {@link System#nanoTime}
   */
  public void abandon(long beforeNanos) {
    source.sockets.closeOpenedBefore(beforeNanos);
  }

  /**
   * Gives up the connections that nothing could be written to since a moment.
   *
   * @param sinceNanos that moment, by {@link System#nanoTime}
   * @return how many there were
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
   * Decides which connections are not used again. What failed may be the session's fault, not the
   * server's: one that was opened while the server was read-only, say, stays read-only.
   */
  private static final class Eviction implements SQLExceptionOverride {
    private final SqlErrors failures = new SqlErrors();

    @java.lang.Override // Hikari's own type of this name hides it
    public SQLExceptionOverride.Override adjudicate(SQLException failure) {
      return failures.isRefusal(failure) || failures.isConflict(failure)
          ? SQLExceptionOverride.Override.DO_NOT_EVICT
          : SQLExceptionOverride.Override.MUST_EVICT;
    }
  }

  /** Opens connections whose sockets are known. */
  static final class Source extends LoginSource {
    private static final long serialVersionUID = 1L;

    private final transient PoolSockets sockets = new PoolSockets();

    Source(Database.Login login) {
      super(login);
    }

    /** Lets {@link LoaderPool#abandon} close them, unless the URL names a factory of its own. */
    void watchSockets() {
      setSocketFactory(PoolSockets.Factory.class.getName());
      setSocketFactoryArg(sockets.id());
    }

    /** The URL's holds: the pool would end each login after its own waiting time. */
    @Override
    public void setLoginTimeout(int ofThePool) {
      // as it is
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
      return ConfirmedCommits.on(super.getConnection(user, password));
    }
  }
}
