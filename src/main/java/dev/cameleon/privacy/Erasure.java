package dev.cameleon.privacy;

import dev.cameleon.db.AdvisoryLock;
import dev.cameleon.db.Database;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.mask.Masker;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/**
 * Erases a person or a value. Rewrites rows with random values; then, once no loader can rely on
 * the tokens any more, deletes the vault entries that no other row uses. The process may die at any
 * point: the request is in the audit before the first change, the tokens of rewritten rows are
 * recorded in the transaction that rewrites them, and the next erase finishes an interrupted one.
 *
 * <p>Also prunes the vault after rows were deleted by hand, because their originals could still be
 * revealed: first records the unused tokens, then deletes their entries once no loader can rely on
 * them, unless a new row uses them.
 */
public final class Erasure implements AutoCloseable {
  /**
   * The result of a pruning.
   *
   * @param entries how many entries were deleted
   * @param waiting how many tokens are not processed yet
   * @param rotating whether a rotation is in progress, in which case nothing is deleted
   * @param audit the audit entry; empty if nothing was deleted
   */
  public record Pruned(long entries, long waiting, boolean rotating, Optional<Audit.Entry> audit) {}

  /**
   * How long a loader may rely on outdated information: when it builds a statement, its tokens and
   * suppression list are up to 15 s old; the database refuses a statement that was built more than
   * 30 s ago, and cancels one that runs for more than 30 s.
   */
  public static final Duration LOADERS_MEMORY = Duration.ofSeconds(75);

  /** Allows for the difference between the clocks of two machines. */
  private static final Duration SLACK = Duration.ofSeconds(1);

  /** How often rows are rewritten again after the first time if new ones keep arriving. */
  private static final int MOST_REPEATS = 3;

  private static final String WAIT = "no running loader has the old values in memory";

  private final Handle db;
  private final Duration memory;
  private final ProgressPause pause;

  private Erasure(Handle db, Duration memory, ProgressPause pause) {
    this.db = db;
    this.memory = memory;
    this.pause = pause;
  }

  /**
   * Connects.
   *
   * @param officer a role with the rights of cameleon_officer
   * @param memory how long loaders may rely on outdated information: {@link #LOADERS_MEMORY},
   *     except in tests with other loaders
   * @param pause waits, and reports the wait
   * @throws SQLException if the database cannot be reached or refuses the login
   */
  public static Erasure open(Database.Login officer, Duration memory, ProgressPause pause)
      throws SQLException {
    return Sql.call(() -> new Erasure(Sql.officer(officer), memory, pause));
  }

  /**
   * Takes the lock that allows one erase, prune or retokenize at a time; returns whether it was
   * free.
   */
  public boolean lock() throws SQLException {
    return AdvisoryLock.LOGINS.take(db.getConnection());
  }

  /**
   * Whether user ids are masked in this database; a person is then identified by a token, and
   * cannot be suppressed for ever.
   */
  public boolean masksUsers() throws SQLException {
    return Sql.call(() -> PersonalTables.masksUsers(db));
  }

  /** Why these keys do not fit this database, as one sentence; empty if they do. */
  public Optional<String> keyProblem(Keyset keyset) throws SQLException {
    return new MaskGuard(keyset, Map.of()).keyProblem(db.getConnection());
  }

  /**
   * Whether one of these tokens, or one in the audit, is from before a rotation, so that the keys
   * are needed to compute its newer form.
   */
  public boolean needsKeys(List<String> tokens) throws SQLException {
    return Sql.call(
        () ->
            db.createQuery(
                    """
                    SELECT EXISTS (SELECT FROM unnest(:tokens) token JOIN cameleon.mask_key
                                     ON follows = %s) OR EXISTS (SELECT %s)
                    """
                        .formatted(TokenInSql.keyId("token"), ErasedTokens.OLDER_IN_AUDIT))
                .bindArray("tokens", String.class, tokens)
                .mapTo(boolean.class)
                .one());
  }

  /**
   * Erases a person.
   *
   * @param user the person's user id
   * @param ticket the ticket of the request
   * @param suppress whether later events of the person are loaded with random values, too
   * @throws PreventedException if a value cannot be erased. No row is changed then, but the request
   *     is in the audit, and a requested suppression stays
   * @throws InterruptedException if the wait for loaders is interrupted; the next erase finishes
   *     this one
   */
  public ErasureResult person(String user, Keyset keyset, String ticket, boolean suppress)
      throws SQLException, InterruptedException {
    Masker masker = new Masker(keyset, Map.of());
    String detail = suppress ? "a person, later events too" : "a person";
    // Without the person's token: a permanent record of it would let anybody with the mask key link
    // the rows to the person.
    Audit.Act request = new Audit.Act("erase", null, null, ticket, detail);
    // Under every key, because loaders with only the older keys may still run.
    List<String> subjects = suppress ? masker.subjects(user) : List.of();
    return Sql.call(
        () -> {
          Audit.Entry entry = db.inTransaction(tx -> request(request, subjects));
          ErasedTokens erasedTokens = new ErasedTokens(db, Optional.of(masker));
          boolean pending = erasedTokens.count() > 0;
          RowRewriter rewriter = RowRewriter.person(db, erasedTokens, user);
          return rewriteThenDelete(rewriter, erasedTokens, false, suppress || pending, entry);
        });
  }

  private Audit.Entry request(Audit.Act request, List<String> subjects) {
    Audit.Entry entry = Audit.record(db, request);
    for (String subject : subjects) {
      db.execute(
          "INSERT INTO cameleon.suppressed (subject) VALUES (?) ON CONFLICT DO NOTHING", subject);
    }
    return entry;
  }

  /**
   * Erases values.
   *
   * @param tokens the tokens of the values, none of them random
   * @param keyset the keys, if {@link #needsKeys}
   * @param ticket the ticket of the request
   * @throws PreventedException if a value cannot be erased. No row is changed then, but the request
   *     is in the audit
   * @throws InterruptedException if the wait for loaders is interrupted; the next erase finishes
   *     this one
   */
  public ErasureResult tokens(List<String> tokens, Optional<Keyset> keyset, String ticket)
      throws SQLException, InterruptedException {
    Optional<Masker> masker = keyset.map(keys -> new Masker(keys, Map.of()));
    List<String> all =
        Stream.concat(
                tokens.stream(),
                masker.stream().flatMap(known -> tokens.stream().map(known::renew)))
            .distinct()
            .toList();
    return Sql.call(
        () -> {
          Audit.Entry last = db.inTransaction(tx -> request(all, ticket));
          ErasedTokens erasedTokens = new ErasedTokens(db, masker);
          boolean pending = erasedTokens.count() > 0;
          boolean stored = erasedTokens.addGiven(all) > 0;
          RowRewriter rewriter = RowRewriter.tokens(db, erasedTokens, all);
          return rewriteThenDelete(rewriter, erasedTokens, stored, stored || pending, last);
        });
  }

  private Audit.Entry request(List<String> tokens, String ticket) {
    Audit.Entry last = null;
    for (String token : tokens) {
      last = Audit.record(db, new Audit.Act("erase", token, null, ticket, "a value"));
    }
    return last;
  }

  /**
   * Rewrites rows until loaders add no more, then deletes vault entries.
   *
   * @param stored whether the vault has the values to be erased
   * @param expected whether to wait although no row was found, because a load may be in progress or
   *     an interrupted erase has to be finished
   */
  private ErasureResult rewriteThenDelete(
      RowRewriter rewriter,
      ErasedTokens erasedTokens,
      boolean stored,
      boolean expected,
      Audit.Entry entry)
      throws InterruptedException {
    long rows = rewriter.run();
    boolean arriving = false;
    if (rows > 0 || expected) {
      int repeats = 0;
      do {
        pause.await(memory.plus(SLACK), WAIT);
        long more = rewriter.run();
        rows += more;
        arriving = more > 0;
        repeats++;
      } while (arriving && repeats < MOST_REPEATS);
    }
    VaultErasure.Outcome outcome = new VaultErasure(db, pause, erasedTokens).run(memory);
    RowRewriter.blend(db);
    // Even if nothing was found: an earlier erase may have died just before this line.
    RowRewriter.blendVault(db);
    return new ErasureResult(
        stored || rows > 0 || outcome.deleted() > 0 || outcome.kept() > 0,
        PersonalTables.present(db).all().stream().map(PersonalTables.Table::name).sorted().toList(),
        rows,
        outcome.deleted(),
        outcome.kept(),
        erasedTokens.count(),
        arriving,
        outcome.rotating(),
        entry);
  }

  /**
   * Deletes vault entries that no row uses.
   *
   * @param ticket the ticket of the request
   * @throws InterruptedException if the wait for loaders is interrupted; the next prune or erase
   *     continues
   */
  public Pruned prune(String ticket) throws SQLException, InterruptedException {
    return Sql.call(
        () -> {
          ErasedTokens unused = new ErasedTokens(db, Optional.empty());
          VaultErasure entries = new VaultErasure(db, pause, unused, Optional.of(ticket));
          if (entries.rotating()) {
            return new Pruned(0, unused.count(), true, Optional.empty());
          }
          unused.addUnused();
          if (unused.count() == 0) {
            return new Pruned(0, 0, false, Optional.empty());
          }
          pause.await(memory.plus(SLACK), WAIT);
          VaultErasure.Outcome outcome = entries.run(memory);
          return new Pruned(
              outcome.deleted(), unused.count(), outcome.rotating(), entries.pruned());
        });
  }

  /** Closes the connection, which releases the lock. */
  @Override
  public void close() throws SQLException {
    Sql.call(
        () -> {
          db.close();
          return null;
        });
  }
}
