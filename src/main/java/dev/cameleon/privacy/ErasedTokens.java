package dev.cameleon.privacy;

import dev.cameleon.mask.Masker;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/**
 * The table {@code cameleon.erased_token}: tokens that were removed from rows, with the time of the
 * last removal.
 */
final class ErasedTokens {
  private static final String INSERT =
      "INSERT INTO cameleon.erased_token (token, since) SELECT token, clock_timestamp() FROM ";

  /** Selects the audit's tokens of keys that have a successor. */
  static final String OLDER_IN_AUDIT =
      "FROM cameleon.audit_token WHERE " + TokenInSql.isOlder("token");

  private final Handle db;
  private final Optional<Masker> masker;

  /**
   * Reads and writes the table through this connection.
   *
   * @param masker computes the newer tokens of older ones; empty if no token is older
   */
  ErasedTokens(Handle db, Optional<Masker> masker) {
    this.db = db;
    this.masker = masker;
  }

  /** How many tokens there are. */
  long count() {
    return db.createQuery("SELECT count(*) FROM cameleon.erased_token").mapTo(long.class).one();
  }

  /**
   * Adds these tokens even if no row has them any more, because the audit may have them. No loader
   * relies on a token that is not in the vault, so such a token needs no wait.
   *
   * @return how many of them the vault has
   */
  long addGiven(List<String> tokens) {
    return db.createQuery(
            """
            WITH given AS (SELECT token, EXISTS (SELECT FROM cameleon.vault v
                             WHERE v.token = given.token) AS stored
                             FROM unnest(:tokens) given (token)),
                 noted AS (INSERT INTO cameleon.erased_token (token, since)
                             SELECT token, CASE WHEN stored THEN clock_timestamp()
                                                ELSE '-infinity' END FROM given
                             ON CONFLICT DO NOTHING)
            SELECT count(*) FROM given WHERE stored
            """)
        .bindArray("tokens", String.class, tokens)
        .mapTo(long.class)
        .one();
  }

  /**
   * The audit's tokens of the same values under older mask keys: those whose retokenized form is
   * among these tokens.
   */
  List<String> older(Set<String> tokens) {
    if (masker.isEmpty() || tokens.isEmpty()) {
      return List.of();
    }
    return db.createQuery("SELECT DISTINCT token " + OLDER_IN_AUDIT)
        .mapTo(String.class)
        .filter(token -> tokens.contains(masker.get().renew(token)))
        .list();
  }

  /** Adds tokens that the vault has and no row uses. */
  void addUnused() {
    db.execute(INSERT + PersonalTables.of(db).unused() + " unused ON CONFLICT DO NOTHING");
  }

  /**
   * Adds the newer form of each token in the table, because during a rotation the vault may already
   * have an entry under the newer token.
   */
  void addRenewed() {
    if (masker.isEmpty()) {
      return;
    }
    Set<String> tokens =
        db.createQuery("SELECT token FROM cameleon.erased_token").mapTo(String.class).set();
    List<String> renewed =
        tokens.stream().map(masker.get()::renew).filter(token -> !tokens.contains(token)).toList();
    db.createUpdate(INSERT + "unnest(:renewed) token ON CONFLICT DO NOTHING")
        .bindArray("renewed", String.class, renewed)
        .execute();
  }
}
