package dev.cameleon.privacy;

import dev.cameleon.db.AdvisoryLock;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.mask.Masker;
import dev.cameleon.mask.Token;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;

/**
 * Moves all tokens in the database to the newest mask key while loaders run. Does not need the
 * original values: {@link Masker#renew} computes the new token from the old one.
 *
 * <p>First rewrites the existing tokens, while loaders with older keys may add more. Then retires
 * the older keys, so that the database accepts no more rows under them. Rewrites the tokens that
 * were loaded until then, and ends when one scan of all tables finds no older token. Every step is
 * a transaction of its own and may be repeated, so that a new retokenize continues after a failure
 * anywhere.
 */
public final class Retokenization {
  /** Receives progress. */
  @FunctionalInterface
  public interface Watcher {
    /**
     * Reports progress of a step.
     *
     * @param step what is being done
     * @param done how many units are done
     * @param all how many there are; 0 if that is not known
     * @param unit what is counted
     */
    void at(String step, long done, long all, String unit);
  }

  /** The sizes of the steps, which tests reduce. */
  record Sizes(int pages, int entries, Duration patience) {}

  private static final String ACT = "retokenize";

  /** Half a megabyte of a table, or 500 entries, take some tens of milliseconds. */
  private static final Sizes SIZES = new Sizes(64, 500, Duration.ofMinutes(2));

  /**
   * One sweep is enough without loaders under an older key; rows that appear after that bypass the
   * retirement.
   */
  private static final int MOST_SWEEPS = 10;

  private final Handle db;
  private final Keyset keyset;
  private final Sizes sizes;
  private final Masker masker;
  private final TokenTable vault;
  private final TokenTable suppressed;
  private final TokenTable erasedTokens;

  private long rows;
  private long entries;
  private long dropped;
  private long subjects;

  private Retokenization(Handle db, Keyset keyset, Sizes sizes) {
    this.db = db;
    this.keyset = keyset;
    this.sizes = sizes;
    List<String> older = keyset.olderIds();
    this.masker = new Masker(keyset, Map.of());
    this.vault = new TokenTable(db, "cameleon.vault", "token", older, masker);
    this.suppressed = new TokenTable(db, "cameleon.suppressed", "subject", older, masker);
    this.erasedTokens = new TokenTable(db, "cameleon.erased_token", "token", older, masker);
  }

  /**
   * Begins a retokenization and records it in the audit.
   *
   * @param connection an officer's connection, with auto-commit on; used for nothing else until the
   *     end
   * @return empty if another retokenize or erase is running
   * @throws SQLException if the database refuses or fails
   */
  public static Optional<Retokenization> begin(Connection connection, Keyset keyset)
      throws SQLException {
    return begin(connection, keyset, SIZES);
  }

  static Optional<Retokenization> begin(Connection connection, Keyset keyset, Sizes sizes)
      throws SQLException {
    // Scanning a whole table may take long.
    connection.setNetworkTimeout(Runnable::run, 0);
    // Each statement must see everything committed before it, independently of the server's
    // defaults.
    connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    return Sql.call(
        () -> {
          Handle db = Sql.on(connection);
          db.execute("SET statement_timeout = 0");
          if (!AdvisoryLock.LOGINS.take(connection)) {
            return Optional.empty();
          }
          record(db, "begin: to key " + keyset.currentId());
          return Optional.of(new Retokenization(db, keyset, sizes));
        });
  }

  /**
   * Why the keyset cannot be used, as one sentence: it must continue the database's keys and
   * include the newest. Records the newest key in the database if no loader has done so yet.
   */
  public Optional<String> problem() throws SQLException {
    return new MaskGuard(keyset, Map.of()).newestKeyProblem(db.getConnection());
  }

  /**
   * Rewrites until no token of an older key is left.
   *
   * @throws SQLException if the database fails, or a lock cannot be acquired for two minutes;
   *     completed work stays
   * @throws PreventedException if tokens of retired keys appear again and again
   */
  public RetokenizationResult run(Watcher watcher) throws SQLException {
    return Sql.call(() -> rewrite(watcher));
  }

  private RetokenizationResult rewrite(Watcher watcher) {
    if (!isRetired()) {
      renew(watcher);
      retire(watcher);
    }
    Map<String, Long> counts = sweep(watcher);
    subjects += renew(suppressed, "rewriting suppressed persons", watcher);
    // The tokens of an interrupted erase: the vault now has them in their newer form.
    renew(erasedTokens, "rewriting tokens to erase", watcher);
    counts.remove(Token.ERASED);
    counts.remove(keyset.currentId());
    return new RetokenizationResult(
        keyset.currentId(),
        keyset.olderIds(),
        rows,
        entries,
        dropped,
        subjects,
        new TreeMap<>(counts),
        record(db, "end: to key " + keyset.currentId() + summary(counts)));
  }

  private String summary(Map<String, Long> unknown) {
    return ", retired %s, rows %d, vault entries %d, subjects %d, tokens of unknown keys %d"
        .formatted(
            String.join(" ", keyset.olderIds()),
            rows,
            entries,
            subjects,
            unknown.values().stream().mapToLong(Long::longValue).sum());
  }

  /**
   * Rewrites the rows that were loaded before the older keys were retired; returns the final count
   * of tokens by key.
   */
  private Map<String, Long> sweep(Watcher watcher) {
    List<String> left = new ArrayList<>();
    for (int sweep = 0; sweep < MOST_SWEEPS; sweep++) {
      watcher.at("checking for tokens of older keys", 0, 0, "");
      Map<String, Long> counts = new LinkedHashMap<>();
      left.clear();
      for (RowTokens table : tables()) {
        Map<String, Long> here = table.count();
        here.forEach((id, number) -> counts.merge(id, number, Long::sum));
        if (keyset.olderIds().stream().anyMatch(here::containsKey)) {
          left.add(table.name());
        }
      }
      if (left.isEmpty() && !vault.hasOlder()) {
        return counts;
      }
      renew(watcher);
    }
    throw new PreventedException(
        "tokens of retired keys keep appearing in %s, although no loader can write them: find out who writes them, then run keys retokenize again"
            .formatted(left.isEmpty() ? "the vault" : String.join(", ", left)));
  }

  /**
   * The tables that may hold tokens, read anew because a pipeline may have been added. Tables that
   * foreign keys refer to come first, so that ON UPDATE CASCADE updates the referring ones.
   */
  private List<RowTokens> tables() {
    List<PersonalTables.Table> tables = new ArrayList<>(PersonalTables.of(db).all());
    Collections.reverse(tables);
    return tables.stream()
        .filter(table -> !table.tokenColumns().isEmpty())
        .map(table -> new RowTokens(db, table, keyset.olderIds(), masker))
        .toList();
  }

  private void renew(Watcher watcher) {
    tables().forEach(table -> renew(table, watcher));
    entries += renew(vault, "rewriting vault entries", watcher);
  }

  private void renew(RowTokens table, Watcher watcher) {
    RowTokens.Size size = table.size();
    int step = Math.max(1, sizes.pages() / size.partitions());
    for (long from = 0; from < size.pages(); from += step) {
      long first = from;
      watcher.at("rewriting " + table.label(), from, size.pages(), "pages");
      rows += attempt(() -> table.renew(first, first + step));
    }
    watcher.at("rewriting " + table.label(), size.pages(), size.pages(), "pages");
  }

  private long renew(TokenTable table, String step, Watcher watcher) {
    long done = 0;
    String last = "";
    List<String> tokens;
    do {
      tokens = table.after(last, sizes.entries());
      List<String> older = tokens.stream().filter(table::isOlder).toList();
      if (!older.isEmpty()) {
        TokenTable.Renewed renewed = attempt(() -> table.renew(older));
        done += renewed.renamed();
        dropped += table == vault ? renewed.dropped() : 0;
        watcher.at(step, done, 0, "entries");
      }
      last = tokens.isEmpty() ? last : tokens.get(tokens.size() - 1);
    } while (tokens.size() == sizes.entries());
    return done;
  }

  /** Runs a transaction, with retries after conflicts with other sessions. */
  private <T> T attempt(Supplier<T> transaction) {
    return LockRetry.of(db, sizes.patience(), transaction);
  }

  private void retire(Watcher watcher) {
    watcher.at("retiring older keys", 0, 0, "");
    for (String id : keyset.olderIds()) {
      attempt(() -> db.execute("SELECT cameleon.retire_key(?)", id));
    }
  }

  private boolean isRetired() {
    return db.createQuery(
            "SELECT NOT EXISTS (SELECT FROM cameleon.mask_key"
                + " WHERE key_id = ANY (:older) AND retired_at IS NULL)")
        .bindArray("older", String.class, keyset.olderIds())
        .mapTo(boolean.class)
        .one();
  }

  private static String record(Handle db, String detail) {
    return Audit.record(db, new Audit.Act(ACT, null, null, null, detail)).head();
  }
}
