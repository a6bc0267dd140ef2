package dev.cameleon.vault;

import dev.cameleon.crypto.DataKey;
import dev.cameleon.crypto.Recipient;
import dev.cameleon.crypto.SealedBody;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Seals original values for the database, and bodies for the dead-letter queue. It can write and
 * not read: the private keys are elsewhere, and a data key is dropped when its data key is over.
 * Thread-safe.
 */
public final class Vault {
  private static final Duration DATA_KEY = Duration.ofHours(1);

  private final List<Recipient> recipients;
  private final RecentTokens stored;
  private DataKey dataKey;

  /**
   * Bodies have a data key of their own: the sealed keys that travel with dead letters then open
   * nothing of the database, also for somebody whom a retokenization has taken off the recipients.
   */
  private DataKey bodies;

  /**
   * Makes one.
   *
   * @param recipients who may read it; nobody: nothing is kept
   */
  public Vault(List<Recipient> recipients) {
    this(recipients, new RecentTokens());
  }

  public Vault(List<Recipient> recipients, RecentTokens stored) {
    this.recipients = List.copyOf(recipients);
    this.stored = stored;
  }

  /** What is to be written for one batch; to be filled, and committed after the database did. */
  public VaultEntries entries() {
    return new VaultEntries(dataKey(System.nanoTime()), stored);
  }

  /**
   * Seals a message's body to every recipient.
   *
   * @param body personal
   * @param preview what may be seen of it by everybody
   * @throws IllegalStateException if there are no recipients: nobody could open it
   */
  public SealedBody seal(String body, String preview) {
    return SealedBody.seal(bodies(System.nanoTime()), body, preview);
  }

  private synchronized DataKey bodies(long nowNanos) {
    if (recipients.isEmpty()) {
      throw new IllegalStateException("without recipients, nobody could open what is sealed");
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

  /** Drops a data key when its data key is over, also when nothing comes to be sealed. */
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
