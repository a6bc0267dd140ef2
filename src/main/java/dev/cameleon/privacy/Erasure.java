package dev.cameleon.privacy;

import dev.cameleon.db.Database;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.mask.Masker;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Erases a person or a value. It rewrites rows with random values; then, when no loader can rely on
 * the tokens any more, it deletes the vault entries that no other row uses. The process may die at
 * any point: the request is in the audit before the first change, the tokens of rewritten rows are
 * recorded in the transaction that rewrites them, and the next erase finishes an interrupted one.
 */
public final class Erasure implements AutoCloseable {
  /**
   * How long a loader may rely on what it knew: for 15 s it remembers a token, or who is
   * suppressed, when it builds a statement; the database refuses a statement that was built 30 s
   * ago, and cancels one that runs for more than 30 s.
   */
  public static final Duration LOADERS_MEMORY = Duration.ofSeconds(75);

  /** Allows for the difference between the clocks of two machines. */
  static final Duration SLACK = Duration.ofSeconds(1);

  /** How often rows are rewritten again after the first time, while new ones arrive. */
  private static final int MOST_SWEEPS = 3;

  static final String WAIT = "no running loader has the old values in memory";

  private final Connection connection;
  private final Duration memory;
  private final ProgressPause pause;

  private Erasure(Connection connection, Duration memory, ProgressPause pause) {
    this.connection = connection;
    this.memory = memory;
    this.pause = pause;
  }

  /**
   * Connects.
   *
   * @param officer a role with the rights of cameleon_officer
   * @param memory how long loaders rely on what they knew: {@link #LOADERS_MEMORY}, except in tests
   *     with other loaders
   * @param pause waits and reports it
   * @throws SQLException if the database cannot be reached or refuses the login
   */
  public static Erasure open(Database.Login officer, Duration memory, ProgressPause pause)
      throws SQLException {
    return new Erasure(OfficerConnection.connect(officer), memory, pause);
  }

  /** Takes the lock that allows one erase or retokenize at a time; returns whether it was free. */
  public boolean lock() throws SQLException {
    return Logins.lock(connection);
  }

  /**
   * Whether user ids are masked in this database: then a person is identified by a token, and
   * cannot be suppressed for ever.
   */
  public boolean masksUsers() throws SQLException {
    return Logins.masksUsers(connection);
  }

  /** Why these keys do not fit this database, as one sentence; empty if they do. */
  public Optional<String> keyProblem(Keyset keyset) throws SQLException {
    return new MaskGuard(keyset, Map.of()).keyProblem(connection);
  }

  /**
   * Whether one of these tokens, or one in the audit, is older than a rotation, so that the keys
   * are needed to compute its newer token.
   */
  public boolean needsKeys(List<String> tokens) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT EXISTS (SELECT FROM unnest(?) token JOIN cameleon.mask_key ON follows = "
                + TokenInSql.keyId("token")
                + ") OR EXISTS (SELECT "
                + ErasedTokens.OLDER_IN_AUDIT
                + ")")) {
      statement.setArray(1, connection.createArrayOf("text", tokens.toArray()));
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }

  /**
   * Erases a person.
   *
   * @param user their user id
   * @param ticket the ticket that asks for it
   * @param suppress whether their later events are loaded with random values too
   * @throws PreventedException if a value cannot be erased; then no row is changed, but the request
   *     is in the audit, and a requested suppression stays
   * @throws InterruptedException if the wait for loaders is interrupted; the next erase finishes
   *     this one
   */
  public ErasureResult person(String user, Keyset keyset, String ticket, boolean suppress)
      throws SQLException, InterruptedException, PreventedException {
    Masker masker = new Masker(keyset, Map.of());
    String detail = suppress ? "a person, later events too" : "a person";
    Audit.Entry entry;
    connection.setAutoCommit(false);
    try {
      // Without the person's token: a lasting record would link the rows to them for whoever has
      // the mask key.
      entry = Audit.record(connection, new Audit.Act("erase", null, null, ticket, detail));
      if (suppress) {
        // Under every key: loaders that have only the older ones may still run.
        for (String subject : masker.subjects(user)) {
          suppress(subject);
        }
      }
      connection.commit();
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
    ErasedTokens erasedTokens = new ErasedTokens(connection, Optional.of(masker));
    boolean pending = erasedTokens.count() > 0;
    RowRewriter sweep = RowRewriter.person(connection, erasedTokens, user);
    return sweepAndSettle(sweep, erasedTokens, false, suppress || pending, entry);
  }

  private void suppress(String subject) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "INSERT INTO cameleon.suppressed (subject) VALUES (?) ON CONFLICT DO NOTHING")) {
      statement.setString(1, subject);
      statement.executeUpdate();
    }
  }

  /**
   * Erases values.
   *
   * @param tokens the tokens of the values, none of them random
   * @param keyset the keys, if {@link #needsKeys}
   * @param ticket the ticket that asks for it
   * @throws PreventedException if a value cannot be erased; then no row is changed, but the request
   *     is in the audit
   * @throws InterruptedException if the wait for loaders is interrupted; the next erase finishes
   *     this one
   */
  public ErasureResult tokens(List<String> tokens, Optional<Keyset> keyset, String ticket)
      throws SQLException, InterruptedException, PreventedException {
    Optional<Masker> masker = keyset.map(keys -> new Masker(keys, Map.of()));
    List<String> all = new ArrayList<>(tokens);
    masker.ifPresent(known -> tokens.forEach(token -> all.add(known.renew(token))));
    List<String> distinct = all.stream().distinct().toList();
    Audit.Entry last = null;
    connection.setAutoCommit(false);
    try {
      for (String token : distinct) {
        last = Audit.record(connection, new Audit.Act("erase", token, null, ticket, "a value"));
      }
      connection.commit();
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
    ErasedTokens erasedTokens = new ErasedTokens(connection, masker);
    boolean pending = erasedTokens.count() > 0;
    boolean stored = erasedTokens.addGiven(distinct) > 0;
    RowRewriter sweep = RowRewriter.tokens(connection, erasedTokens, distinct);
    return sweepAndSettle(sweep, erasedTokens, stored, stored || pending, last);
  }

  /**
   * Rewrites rows until no more arrive from loaders, then deletes vault entries.
   *
   * @param stored whether the vault has the values to be erased
   * @param expected whether to wait although no row was found: a load may be in progress, or an
   *     interrupted erase is to be finished
   */
  private ErasureResult sweepAndSettle(
      RowRewriter sweep,
      ErasedTokens erasedTokens,
      boolean stored,
      boolean expected,
      Audit.Entry entry)
      throws SQLException, InterruptedException, PreventedException {
    long rows = sweep.run();
    boolean arriving = false;
    if (rows > 0 || expected) {
      int sweeps = 0;
      do {
        pause.await(memory.plus(SLACK), WAIT);
        long more = sweep.run();
        rows += more;
        arriving = more > 0;
        sweeps++;
      } while (arriving && sweeps < MOST_SWEEPS);
    }
    VaultErasure.Outcome outcome = new VaultErasure(connection, pause, erasedTokens).run(memory);
    RowRewriter.blend(connection);
    // Also if nothing was found: an earlier erase may have died just before this line.
    RowRewriter.blendVault(connection);
    return new ErasureResult(
        stored || rows > 0 || outcome.deleted() > 0 || outcome.kept() > 0,
        rows,
        outcome.deleted(),
        outcome.kept(),
        erasedTokens.count(),
        arriving,
        outcome.rotating(),
        entry);
  }

  /** Closes the connection, which releases the lock. */
  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
