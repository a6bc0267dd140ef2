package dev.cameleon.vault;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tokens that the vault has, for certain, because this process committed them a moment ago. Any
 * longer ago, somebody may have been erased since: {@code erase} waits until nobody remembers.
 * Bounded; what does not fit is only written again. Thread-safe.
 */
public final class RecentTokens {
  private static final Duration GENERATION = Duration.ofSeconds(5);

  /** Some 10 MB in each of two generations. */
  private static final int MOST = 50_000;

  private final long generationNanos;
  private Set<String> young = ConcurrentHashMap.newKeySet();
  private Set<String> old = Set.of();
  private long bornNanos = System.nanoTime();

  public RecentTokens() {
    this(GENERATION);
  }

  /**
   * Makes one.
   *
   * @param generation three times this, normally 15 s, is the longest that a token is remembered
   */
  public RecentTokens(Duration generation) {
    this.generationNanos = generation.toNanos();
  }

  /** What is remembered now: two sets, neither of which grows old while a batch is made. */
  synchronized List<Set<String>> sets() {
    age(System.nanoTime());
    return List.of(young, old);
  }

  /**
   * Remembers tokens.
   *
   * @param asOfNanos when they were sent to the database, by {@link System#nanoTime}; they may have
   *     been erased there since
   */
  synchronized void add(List<String> tokens, long asOfNanos) {
    age(System.nanoTime());
    if (asOfNanos - bornNanos < 0) {
      return; // they would be remembered for too long
    }
    for (String token : tokens) {
      if (young.size() < MOST) {
        young.add(token);
      }
    }
  }

  private void age(long nowNanos) {
    long ageNanos = nowNanos - bornNanos;
    if (ageNanos >= generationNanos) {
      old = ageNanos >= 2 * generationNanos ? Set.of() : young;
      young = ConcurrentHashMap.newKeySet();
      bornNanos = nowNanos;
    }
  }
}
