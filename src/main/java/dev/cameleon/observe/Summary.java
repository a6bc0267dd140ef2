package dev.cameleon.observe;

import dev.cameleon.sqs.Account;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs a summary line: one per minute while there is traffic, and one at the end. */
public final class Summary {
  private static final Logger LOG = LoggerFactory.getLogger(Summary.class);

  private final Supplier<Account> account;
  private long receivedBefore;
  private long nanosBefore = System.nanoTime();

  /**
   * Summarizes an account.
   *
   * @param account returns the account now
   */
  public Summary(Supplier<Account> account) {
    this.account = account;
  }

  /** Logs the changes since the last call, if there are any. */
  public synchronized void tick() {
    Account now = account.get();
    long nanos = System.nanoTime();
    long news = now.received() - receivedBefore;
    if (news > 0 || now.inFlight() > 0) {
      double seconds = Math.max(0.001, (nanos - nanosBefore) / 1e9);
      LOG.info("{}; {} msg/s", now, Math.round(news / seconds));
    }
    receivedBefore = now.received();
    nanosBefore = nanos;
  }

  /** Logs the counts of the whole run. */
  public void end() {
    LOG.info("Ended: {}", account.get());
  }
}
