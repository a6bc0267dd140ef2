package dev.cameleon.vault;

import dev.cameleon.crypto.DataKey;
import dev.cameleon.crypto.Recipient;
import dev.cameleon.crypto.SealedBody;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Seals original values for the database, and bodies for the dead-letter queue, to public keys.
 * Cannot open them, because the private keys are elsewhere and it drops each data key after an
 * hour. Thread-safe.
 */
public final class Vault {
  private static final Duration DATA_KEY = Duration.ofHours(1);

  private final List<Recipient> recipients;
  private final RecentTokens stored;
  private DataKey dataKey;

  /**
   * A separate data key for bodies, so that the sealed keys in dead letters open nothing in the
   * database, even for a recipient who was removed by a retokenization.
   */
  private DataKey bodies;

  /**
   * Seals to these recipients.
   *
   * @param recipients who can open the vault; empty: nothing is kept
   */
  public Vault(List<Recipient> recipients) {
    this(recipients, new RecentTokens());
  }

  /**
   * Seals to these recipients.
   *
   * @param recipients who can open the vault; empty: nothing is kept
   * @param stored remembers tokens that need no new entry
   */
  public Vault(List<Recipient> recipients, RecentTokens stored) {
    this.recipients = List.copyOf(recipients);
    this.stored = stored;
  }

  /**
   * An empty set of entries for one batch; the caller fills it and, after the commit, calls {@link
   * VaultEntries#committed}.
   */
  public VaultEntries entries() {
    return new VaultEntries(dataKey(System.nanoTime()), stored);
  }

  /**
   * Seals a message's body to every recipient.
   *
   * @param body personal
   * @param preview a description that everybody may see
   * @throws IllegalStateException if there are no recipients: nobody could open it
   */
  public SealedBody seal(String body, String preview) {
    return SealedBody.seal(bodies(System.nanoTime()), body, preview);
  }

  private synchronized DataKey bodies(long nowNanos) {
    if (recipients.isEmpty()) {
      throw new IllegalStateException("without recipients, nobody could open a sealed value");
    }
    if (bodies == null || bodies.isOver(nowNanos)) {
      bodies = new DataKey(recipients, nowNanos + DATA_KEY.toNanos());
    }
    return bodies;
  }

  private synchronized Optional<DataKey> dataKey(long nowNanos) {
    if (recipients.isEmpty()) {
      return Optional.empty();
    }
    if (dataKey == null || dataKey.isOver(nowNanos)) {
      dataKey = new DataKey(recipients, nowNanos + DATA_KEY.toNanos());
    }
    return Optional.of(dataKey);
  }

  /** Drops a data key when its hour is over, even if nothing more is sealed. */
  public synchronized void dropOldKey() {
    long nowNanos = System.nanoTime();
    if (dataKey != null && dataKey.isOver(nowNanos)) {
      dataKey = null;
    }
    if (bodies != null && bodies.isOver(nowNanos)) {
      bodies = null;
    }
  }
}
