package dev.cameleon.privacy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/**
 * Deletes the vault entries of erased tokens, unless other rows use them.
 *
 * <p>A loader that remembers a token adds no entry for it. It remembers only tokens that it
 * committed with a row, and the moment when that row lost its token is recorded. So an entry may be
 * deleted once that moment is longer ago than loaders remember tokens and their statements run. The
 * vault's lock waits for statements in progress, whose entries are then visible; later statements
 * find no entry and add their own.
 */
final class VaultErasure {
  /**
   * The result.
   *
   * @param deleted how many entries were deleted
   * @param kept how many tokens keep their entry because rows use them
   * @param rotating whether tokens or keys from before a rotation are in use, in which case nothing
   *     is deleted
   */
  record Outcome(long deleted, long kept, boolean rotating) {}

  /**
   * How long loads may queue behind the wait for the lock; longer than deadlock_timeout (1 s),
   * after which PostgreSQL cancels an autovacuum that blocks the lock.
   */
  private static final String LOCK_TIMEOUT = "3s";

  /** How long loads may wait for the deletion; their own time-out is 30 s. */
  private static final String DELETE_TIMEOUT = "20s";

  private static final int LOCK_ATTEMPTS = 40;
  private static final Duration BETWEEN_ATTEMPTS = Duration.ofSeconds(2);

  private static final String RIPE = "since <= :until::timestamptz";

  private final Handle db;
  private final ProgressPause pause;
  private final ErasedTokens erasedTokens;
  private final Optional<String> prune;
  private Audit.Entry pruned;

  /** Deletes entries of erased tokens. */
  VaultErasure(Handle db, ProgressPause pause, ErasedTokens erasedTokens) {
    this(db, pause, erasedTokens, Optional.empty());
  }

  /**
   * Deletes entries, and records a pruning in the same transaction.
   *
   * @param prune the ticket of the pruning; empty: no pruning is recorded
   */
  VaultErasure(Handle db, ProgressPause pause, ErasedTokens erasedTokens, Optional<String> prune) {
    this.prune = prune;
    this.erasedTokens = erasedTokens;
    this.db = db;
    this.pause = pause;
  }

  /**
   * Deletes the entries that may be deleted.
   *
   * @param memory how long a loader may remember a token until its row is committed
   */
  Outcome run(Duration memory) throws InterruptedException {
    String until =
        db.select(
                "SELECT (clock_timestamp() - make_interval(secs => ?::float8 / 1000))::text",
                memory.toMillis())
            .mapTo(String.class)
            .one();
    if (rotating()) {
      // Nothing is deleted yet, because a row may have the token of one key and its entry that of
      // another.
      return new Outcome(0, 0, true);
    }
    long kept =
        db.createUpdate(
                "DELETE FROM cameleon.erased_token WHERE %s AND token IN (SELECT token FROM %s u UNION ALL SELECT token FROM %s h)"
                    .formatted(RIPE, used(), PersonalTables.of(db).hidden()))
            .bind("until", until)
            .execute();
    if (!isAnyRipe(until)) {
      return new Outcome(0, kept, false);
    }
    Outcome outcome =
        LockRetry.of(
            () -> db.inTransaction(tx -> alone(until)),
            (attempt, state) -> {
              if (!state.equals(LockRetry.LOCKED) || attempt == LOCK_ATTEMPTS) {
                return false;
              }
              pause.await(BETWEEN_ATTEMPTS, "running loads have ended");
              return true;
            });
    // After the lock is released, because searching the tables for these tokens may take long.
    db.useTransaction(tx -> settleInAudit(until));
    return new Outcome(outcome.deleted(), kept + outcome.kept(), false);
  }

  /** The audit entry of the pruning; empty if nothing was deleted. */
  Optional<Audit.Entry> pruned() {
    return Optional.ofNullable(pruned);
  }

  /** Whether rows exist, or may still be loaded, under a key that has a successor. */
  boolean rotating() {
    return db.createQuery(
            """
            SELECT count(*) > 1 AND (count(*) FILTER (WHERE retired_at IS NULL) > 1
                     OR EXISTS (SELECT FROM cameleon.vault WHERE %s)
                     OR EXISTS (SELECT FROM %s WHERE %s AND %s))
              FROM cameleon.mask_key
            """
                .formatted(
                    TokenInSql.isOlder("token"),
                    PersonalTables.of(db).tokens(),
                    TokenInSql.isToken("v.value"),
                    TokenInSql.isOlder("v.value")))
        .mapTo(boolean.class)
        .one();
  }

  /**
   * A query for the erased tokens that rows use. Reads the list of tables each time, because a new
   * pipeline may use any entry.
   */
  private String used() {
    return "(WITH erased AS (SELECT token FROM cameleon.erased_token WHERE %s) %s)"
        .formatted(RIPE, PersonalTables.of(db).used("erased"));
  }

  private boolean isAnyRipe(String until) {
    return db.createQuery("SELECT EXISTS (SELECT FROM cameleon.erased_token WHERE " + RIPE + ")")
        .bind("until", until)
        .mapTo(boolean.class)
        .one();
  }

  private Outcome alone(String until) {
    db.execute("SET LOCAL lock_timeout = '" + LOCK_TIMEOUT + "'");
    db.execute("LOCK TABLE cameleon.vault IN SHARE ROW EXCLUSIVE MODE");
    db.execute("SET LOCAL lock_timeout = 0");
    db.execute("SET LOCAL statement_timeout = '" + DELETE_TIMEOUT + "'");
    Outcome outcome =
        db.createQuery(
                """
                WITH used AS MATERIALIZED %s,
                     gone AS (DELETE FROM cameleon.vault v USING cameleon.erased_token p
                                WHERE v.token = p.token AND p.%s
                                  AND NOT EXISTS (SELECT FROM used u WHERE u.token = p.token)
                                RETURNING 1),
                     kept AS (DELETE FROM cameleon.erased_token p USING used u
                                WHERE p.token = u.token)
                SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM used)
                """
                    .formatted(used(), RIPE))
            .bind("until", until)
            .map((row, context) -> new Outcome(row.getLong(1), row.getLong(2), false))
            .one();
    if (prune.isPresent() && outcome.deleted() > 0) {
      String detail = outcome.deleted() + " vault entries that no row used";
      pruned = Audit.record(db, new Audit.Act("prune", null, null, prune.get(), detail));
    }
    return outcome;
  }

  /**
   * Erases these tokens from the audit and removes them from the table of erased tokens, which no
   * longer has the tokens that rows use.
   */
  private void settleInAudit(String until) {
    Set<String> tokens =
        db.createQuery("DELETE FROM cameleon.erased_token WHERE " + RIPE + " RETURNING token")
            .bind("until", until)
            .mapTo(String.class)
            .set();
    List<String> all = new ArrayList<>(tokens);
    all.addAll(erasedTokens.older(tokens));
    db.createUpdate("SELECT cameleon.erase_tokens(:tokens)")
        .bindArray("tokens", String.class, all)
        .execute();
  }
}
