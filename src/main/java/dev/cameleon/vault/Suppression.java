package dev.cameleon.vault;

import dev.cameleon.mask.MaskedRecord;
import dev.cameleon.mask.Masker;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * People who asked to be forgotten for good: their later events are loaded under random values. The
 * database holds keyed hashes of their user ids. Thread-safe.
 */
public final class Suppression {
  /** {@code forget} waits longer than this before it looks for what came meanwhile. */
  private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final Masker masker;
  private volatile Set<String> subjects = Set.of();
  private volatile long readNanos;
  private volatile boolean read;

  /**
   * Makes one that knows nobody yet.
   *
   * @param masker makes the hashes
   */
  public Suppression(Masker masker) {
    this.masker = masker;
  }

  /** Reads from the database who is to be forgotten now. */
  public void refresh(Connection connection) throws SQLException {
    long asOfNanos = System.nanoTime();
    Set<String> now = new HashSet<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT subject FROM cameleon.suppressed")) {
      while (row.next()) {
        now.add(row.getString(1));
      }
    }
    subjects = now;
    readNanos = asOfNanos;
    read = true;
  }

  /** Whether it is known who is to be forgotten now: nothing may be loaded otherwise. */
  public boolean isFresh() {
    return read && System.nanoTime() - readNanos < FRESH_NANOS;
  }

  /** The record itself, or one of random values if its person is to be forgotten. */
  public MaskedRecord apply(MaskedRecord record) {
    Set<String> forgotten = subjects;
    return forgotten.isEmpty()
            || masker.subjects(record.user()).stream().noneMatch(forgotten::contains)
        ? record
        : record.erased();
  }
}
