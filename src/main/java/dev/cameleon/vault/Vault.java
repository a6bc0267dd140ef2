package dev.cameleon.vault;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Seals original values for the database. It can write and not read: the private keys are
 * elsewhere, and a data key is dropped when its epoch is over. Thread-safe.
 */
public final class Vault {
  private static final Duration EPOCH = Duration.ofHours(1);

  private final List<Recipient> recipients;
  private final RecentTokens stored;
  private Epoch epoch;

  /**
   * Makes one.
   *
   * @param recipients who may read it; nobody: nothing is kept
   */
  public Vault(List<Recipient> recipients) {
    this(recipients, new RecentTokens());
  }

  Vault(List<Recipient> recipients, RecentTokens stored) {
    this.recipients = List.copyOf(recipients);
    this.stored = stored;
  }

  /** What is to be written for one batch; to be filled, and committed after the database did. */
  public VaultEntries entries() {
    return new VaultEntries(epoch(System.nanoTime()), stored);
  }

  private synchronized Optional<Epoch> epoch(long nowNanos) {
    if (recipients.isEmpty()) {
      return Optional.empty();
    }
    if (epoch == null || epoch.isOver(nowNanos)) {
      epoch = new Epoch(recipients, nowNanos + EPOCH.toNanos());
    }
    return Optional.of(epoch);
  }

  /** Drops the data key if its epoch is over, also when nothing comes to be sealed. */
  public synchronized void forgetOldKey() {
    if (epoch != null && epoch.isOver(System.nanoTime())) {
      epoch = null;
    }
  }
}
