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
 * Erases a person or a value. Rows are rewritten under random values; then, once no loader can rely
 * on them any more, the vault's entries that no other row uses are deleted. It may die at any line:
 * the request is on record before the first change, tokens whose rows are rewritten are noted with
 * the rewriting, and the next erase settles what an interrupted one left.
 */
public final class Erasure implements AutoCloseable {
  /**
   * How long a loader may rely on what was there: it remembers a token, or who is suppressed, for
   * 15 s when it makes a statement; the database refuses a statement that was made 30 s ago, and
   * ends one after 30 s more.
   */
  public static final Duration LOADERS_MEMORY = Duration.ofSeconds(75);

  /** The clocks of two machines do not run alike. */
  static final Duration SLACK = Duration.ofSeconds(1);

  /** Sweeps after the first. */
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
   * @param memory how long loaders rely on what was there: {@link #LOADERS_MEMORY}, unless a test
   *     has other loaders
   * @param pause waits
   */
  public static Erasure open(Database.Login officer, Duration memory, ProgressPause pause)
      throws SQLException {
    return new Erasure(OfficerConnection.connect(officer), memory, pause);
  }

  /** Takes the lock that one erase or retokenize has at a time; returns whether it was free. */
  public boolean lock() throws SQLException {
    return Logins.lock(connection);
  }

  /**
   * Whether user ids are masked in this database: then a person is known by a token, which nobody
   * can suppress for ever.
   */
  public boolean masksUsers() throws SQLException {
    return Logins.masksUsers(connection);
  }

  /** What is wrong with these keys for this database, as one sentence; empty if nothing is. */
  public Optional<String> keyProblem(Keyset keyset) throws SQLException {
    return new MaskGuard(keyset, Map.of()).keyProblem(connection);
  }

  /**
   * Whether one of these tokens, or one in the audit, is older than a rotation, so that the keys
   * say what it is now.
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
   * @param ticket where it was asked for
   * @param suppress whether their later events are loaded under random values too
   * @throws PreventedException if a value cannot be erased; then no row is changed, but the request
   *     is on record, and so is that later events are to be erased
   */
  public ErasureResult person(String user, Keyset keyset, String ticket, boolean suppress)
      throws SQLException, InterruptedException, PreventedException {
    Masker masker = new Masker(keyset, Map.of());
    String detail = suppress ? "a person, later events too" : "a person";
    Audit.Entry entry;
    connection.setAutoCommit(false);
    try {
      // Not whom: what says it for ever would link the rows to them for whoever has the mask key.
      entry = Audit.record(connection, new Audit.Act("erase", null, null, ticket, detail));
      if (suppress) {
        // Under each key: loaders that have only the older ones may still run.
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
   * @param tokens what stands for them; none erased
   * @param keyset the keys, if {@link #needsKeys}
   * @param ticket where it was asked for
   * @throws PreventedException if a value cannot be erased; then no row is changed, but the request
   *     is on record
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
   * Sweeps until nothing more comes that was on its way.
   *
   * @param stored whether the vault has what is to be erased
   * @param expected whether something may be on its way, or is to be settled, though no row is
   *     there
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
    // Also if nothing was found: an earlier erase may have died right before this line.
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

  /** Gives the lock back. */
  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
