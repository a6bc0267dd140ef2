package dev.cameleon.privacy;

import dev.cameleon.db.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;

/**
 * Deletes vault entries that no row uses: when rows are deleted by hand, their originals would stay
 * revealable. Entries are deleted as in an erasure: recorded first, and deleted once no loader can
 * rely on them, unless a row came meanwhile.
 */
public final class VaultPruning implements AutoCloseable {
  /**
   * The result of a pruning.
   *
   * @param entries how many entries were deleted
   * @param waiting how many tokens are not processed yet
   * @param rotating whether a rotation is in progress: then nothing is deleted
   * @param audit the audit entry; empty if nothing was deleted
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
   * @param memory how long loaders rely on what they knew: {@link Erasure#LOADERS_MEMORY}, except
   *     in tests with other loaders
   * @param pause waits and reports it
   * @throws SQLException if the database cannot be reached or refuses the login
   */
  public static VaultPruning open(Database.Login officer, Duration memory, ProgressPause pause)
      throws SQLException {
    return new VaultPruning(OfficerConnection.connect(officer), memory, pause);
  }

  /**
   * Takes the lock that allows one erase, retokenize or prune at a time; returns whether it was
   * free.
   */
  public boolean lock() throws SQLException {
    return Logins.lock(connection);
  }

  /**
   * Deletes unused entries.
   *
   * @param ticket the ticket that asks for it
   * @throws InterruptedException if the wait for loaders is interrupted; the next prune or erase
   *     goes on
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

  /** Closes the connection, which releases the lock. */
  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
