package dev.cameleon.privacy;

import dev.cameleon.db.SqlErrors;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Deletes the vault entries of erased tokens, unless other rows use them.
 *
 * <p>A loader that remembers a token brings no entry with a row. It remembers only tokens that it
 * committed with a row, and when that row lost the token, this was recorded. So an entry may be
 * deleted once that is longer ago than loaders remember and their statements take. The vault's lock
 * waits for statements in progress: their entries are seen, and later ones find no entry and bring
 * their own.
 */
final class VaultErasure {
  /**
   * The result.
   *
   * @param deleted how many entries were deleted
   * @param kept how many tokens keep their entry because rows use them
   * @param rotating whether tokens or keys from before a rotation are in use: then nothing is
   *     deleted
   */
  record Outcome(long deleted, long kept, boolean rotating) {}

  /**
   * How long loads may queue behind the wait for the lock; longer than deadlock_timeout, 1 s, after
   * which PostgreSQL cancels an autovacuum that blocks it.
   */
  private static final String LOCK_TIMEOUT = "3s";

  /** How long loads may wait for the deletion; their own time-out is 30 s. */
  private static final String DELETE_TIMEOUT = "20s";

  private static final int LOCK_ATTEMPTS = 40;
  private static final Duration BETWEEN_ATTEMPTS = Duration.ofSeconds(2);
  private static final String NOT_LOCKED = "55P03";

  private static final String RIPE = "since <= ?::timestamptz";

  private final Connection connection;
  private final ProgressPause pause;
  private final ErasedTokens erasedTokens;
  private final String used;
  private final String rotating;
  private final Optional<String> prune;
  private Audit.Entry pruned;

  /** Deletes entries of erased tokens. */
  VaultErasure(Connection connection, ProgressPause pause, ErasedTokens erasedTokens)
      throws SQLException {
    this(connection, pause, erasedTokens, Optional.empty());
  }

  /**
   * Deletes entries, and records a pruning in the same transaction.
   *
   * @param prune the ticket of the pruning; empty: none is recorded
   */
  VaultErasure(
      Connection connection, ProgressPause pause, ErasedTokens erasedTokens, Optional<String> prune)
      throws SQLException {
    this.prune = prune;
    this.erasedTokens = erasedTokens;
    this.connection = connection;
    this.pause = pause;
    List<String> columns = LoginTokens.columns(connection);
    this.rotating = rotating(columns);
    this.used =
        "(WITH erased AS (SELECT token FROM cameleon.erased_token WHERE "
            + RIPE
            + ") "
            + Logins.used("erased", columns)
            + ")";
  }

  /** Whether anything is loaded, or may still be, under a key that has a successor. */
  private static String rotating(List<String> columns) {
    String older = " IN (SELECT follows FROM cameleon.mask_key WHERE follows IS NOT NULL)";
    return "SELECT count(*) > 1 AND (count(*) FILTER (WHERE retired_at IS NULL) > 1"
        + " OR EXISTS (SELECT FROM cameleon.vault WHERE "
        + TokenInSql.keyId("token")
        + older
        + ") OR EXISTS (SELECT FROM public.user_logins l CROSS JOIN LATERAL "
        + Logins.values(columns, "l")
        + " WHERE "
        + TokenInSql.isToken("v.value")
        + " AND "
        + TokenInSql.keyId("v.value")
        + older
        + ")) FROM cameleon.mask_key";
  }

  /**
   * Deletes the entries that may be deleted.
   *
   * @param memory how long a loader may remember a token until its row is committed
   */
  Outcome run(Duration memory) throws SQLException, InterruptedException {
    String until =
        text(
            "SELECT (clock_timestamp() - make_interval(secs => ?::float8 / 1000))::text",
            Long.toString(memory.toMillis()));
    if (rotating()) {
      // A row may have the token of one key, and its entry that of another: nothing is deleted yet.
      return new Outcome(0, 0, true);
    }
    long kept =
        update(
            "DELETE FROM cameleon.erased_token WHERE " + RIPE + " AND token IN " + used,
            until,
            until);
    if ("0".equals(text("SELECT count(*) FROM cameleon.erased_token WHERE " + RIPE, until))) {
      return new Outcome(0, kept, false);
    }
    Outcome outcome = deleteAlone(until);
    // After the lock is released: searching user_logins for these tokens may take long.
    settleInAudit(until);
    return new Outcome(outcome.deleted(), kept + outcome.kept(), false);
  }

  private Outcome deleteAlone(String until) throws SQLException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      connection.setAutoCommit(false);
      try {
        Outcome outcome = alone(until);
        connection.commit();
        return outcome;
      } catch (SQLException e) {
        if (!SqlErrors.state(e).equals(NOT_LOCKED) || attempt == LOCK_ATTEMPTS) {
          throw e;
        }
      } finally {
        connection.rollback();
        connection.setAutoCommit(true);
      }
      pause.await(BETWEEN_ATTEMPTS, "running loads have ended");
    }
  }

  /** The audit entry of the pruning; empty if nothing was deleted. */
  Optional<Audit.Entry> pruned() {
    return Optional.ofNullable(pruned);
  }

  boolean rotating() throws SQLException {
    return "t".equals(text(rotating));
  }

  private Outcome alone(String until) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET LOCAL lock_timeout = '" + LOCK_TIMEOUT + "'");
      statement.execute("LOCK TABLE cameleon.vault IN SHARE ROW EXCLUSIVE MODE");
      statement.execute("SET LOCAL lock_timeout = 0");
      statement.execute("SET LOCAL statement_timeout = '" + DELETE_TIMEOUT + "'");
    }
    Outcome outcome = delete(until);
    if (prune.isPresent() && outcome.deleted() > 0) {
      pruned =
          Audit.record(
              connection,
              new Audit.Act(
                  "prune",
                  null,
                  null,
                  prune.get(),
                  outcome.deleted() + " vault entries that no row used"));
    }
    return outcome;
  }

  /**
   * Erases these tokens from the audit, and removes them from the table of erased tokens; those
   * that rows use are no longer in it.
   */
  private void settleInAudit(String until) throws SQLException {
    connection.setAutoCommit(false);
    try {
      Set<String> tokens = new HashSet<>();
      try (PreparedStatement statement =
              prepare(
                  "DELETE FROM cameleon.erased_token WHERE " + RIPE + " RETURNING token", until);
          ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          tokens.add(row.getString(1));
        }
      }
      List<String> all = new ArrayList<>(tokens);
      all.addAll(erasedTokens.older(tokens));
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT cameleon.erase_tokens(?)")) {
        statement.setArray(1, connection.createArrayOf("text", all.toArray()));
        statement.execute();
      }
      connection.commit();
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  private Outcome delete(String until) throws SQLException {
    try (PreparedStatement statement =
            prepare(
                "WITH used AS MATERIALIZED "
                    + used
                    + ", gone AS (DELETE FROM cameleon.vault v USING cameleon.erased_token p"
                    + " WHERE v.token = p.token AND p.since <= ?::timestamptz"
                    + " AND NOT EXISTS (SELECT FROM used u WHERE u.token = p.token) RETURNING 1),"
                    + " kept AS (DELETE FROM cameleon.erased_token p USING used u"
                    + " WHERE p.token = u.token)"
                    + " SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM used)",
                until,
                until);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return new Outcome(row.getLong(1), row.getLong(2), false);
    }
  }

  private String text(String sql, String... parameters) throws SQLException {
    try (PreparedStatement statement = prepare(sql, parameters);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getString(1);
    }
  }

  private long update(String sql, String... parameters) throws SQLException {
    try (PreparedStatement statement = prepare(sql, parameters)) {
      return statement.executeLargeUpdate();
    }
  }

  private PreparedStatement prepare(String sql, String... parameters) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < parameters.length; i++) {
      statement.setString(i + 1, parameters[i]);
    }
    return statement;
  }
}
