package dev.cameleon.privacy;

import dev.cameleon.db.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;

/**
 * Deletes the vault's entries that no row uses: rows that somebody deleted by hand leave their
 * originals revealable. Entries go as they do when a person is erased: noted first, and deleted
 * once no loader can rely on them, unless a row came meanwhile.
 */
public final class VaultPruning implements AutoCloseable {
  /**
   * What was done.
   *
   * @param entries that were deleted
   * @param waiting tokens that are not settled yet
   * @param rotating whether a rotation is under way: then nothing is deleted
   * @param audit where it is recorded; empty if nothing was deleted
   */
  public record Pruned(long entries, long waiting, boolean rotating, Optional<Audit.Entry> audit) {}

  private final Connection connection;
  private final Duration memory;
  private final ProgressPause pause;

  private VaultPruning(Connection connection, Duration memory, ProgressPause pause) {
    this.connection = connection;
    this.memory = memory;
    this.pause = pause;
  }

  /**
   * Connects.
   *
   * @param officer a role with the rights of cameleon_officer
   * @param memory how long loaders rely on what was there: {@link Erasure#LOADERS_MEMORY}, unless a
   *     test has other loaders
   * @param pause waits
   */
  public static VaultPruning open(Database.Login officer, Duration memory, ProgressPause pause)
      throws SQLException {
    return new VaultPruning(OfficerConnection.connect(officer), memory, pause);
  }

  /**
   * Takes the lock that one erase, retokenize or prune has at a time; returns whether it was free.
   */
  public boolean lock() throws SQLException {
    return Logins.lock(connection);
  }

  /**
   * Prunes.
   *
   * @param ticket where it was asked for
   */
  public Pruned run(String ticket) throws SQLException, InterruptedException {
    ErasedTokens erasedTokens = new ErasedTokens(connection, Optional.empty());
    VaultErasure settlement =
        new VaultErasure(connection, pause, erasedTokens, Optional.of(ticket));
    if (settlement.rotating()) {
      return new Pruned(0, erasedTokens.count(), true, Optional.empty());
    }
    erasedTokens.addUnused(LoginTokens.columns(connection));
    if (erasedTokens.count() == 0) {
      return new Pruned(0, 0, false, Optional.empty());
    }
    pause.await(memory.plus(Erasure.SLACK), Erasure.WAIT);
    VaultErasure.Outcome outcome = settlement.run(memory);
    return new Pruned(
        outcome.deleted(), erasedTokens.count(), outcome.rotating(), settlement.pruned());
  }

  /** Gives the lock back. */
  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
