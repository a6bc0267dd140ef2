package dev.cameleon.vault;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Remembers tokens that are certainly in the vault, because this process committed them within the
 * last 15 s. Must not remember them for longer, because {@code erase} waits only that long before
 * it deletes entries. Bounded; a token that does not fit is merely written again. Thread-safe.
 */
public final class RecentTokens {
  private static final Duration GENERATION = Duration.ofSeconds(5);

  /** About 10 MB in each of two generations. */
  private static final int MOST = 50_000;

  private final long generationNanos;
  private Set<String> young = ConcurrentHashMap.newKeySet();
  private Set<String> old = Set.of();
  private long bornNanos = System.nanoTime();

  /** Creates a memory of 15 s. */
  public RecentTokens() {
    this(GENERATION);
  }

  /**
   * Creates a memory of three generations.
   *
   * @param generation a third of the longest time that a token is remembered, normally 5 s
   */
  public RecentTokens(Duration generation) {
    this.generationNanos = generation.toNanos();
  }

  /**
   * The currently remembered tokens, as two sets whose contents stay valid while a batch is built.
   */
  synchronized List<Set<String>> sets() {
    age(System.nanoTime());
    return List.of(young, old);
  }

  /**
   * Remembers tokens.
   *
   * @param asOfNanos when they were sent to the database, by {@link System#nanoTime}; a person may
   *     have been erased since
   */
  synchronized void add(List<String> tokens, long asOfNanos) {
    age(System.nanoTime());
    if (asOfNanos - bornNanos < 0) {
      return; // too old: they would be remembered for too long
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
