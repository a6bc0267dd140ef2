package dev.cameleon.vault;

import dev.cameleon.mask.MaskedRecord;
import dev.cameleon.mask.Masker;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * People who asked to be erased for good: their later events are loaded under random values. The
 * database holds keyed hashes of their user ids. Thread-safe.
 */
public final class SuppressionList {
  /** {@code erase} counts on it. */
  private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(15);

  /**
   * What was read.
   *
   * @param subjects who is to be erased
   * @param askedNanos when it was asked, by {@link System#nanoTime}
   * @param time of the database's clock
   * @param timeNanos a moment after that, by {@link System#nanoTime}
   */
  private record Known(Set<String> subjects, long askedNanos, Instant time, long timeNanos) {}

  private final Masker masker;
  private final AtomicReference<Known> known = new AtomicReference<>();

  /**
   * Makes one that knows nobody yet.
   *
   * @param masker makes the hashes
   */
  public SuppressionList(Masker masker) {
    this.masker = masker;
  }

  /** Reads from the database who is to be erased now. */
  public void refresh(Connection connection) throws SQLException {
    long askedNanos = System.nanoTime();
    Set<String> subjects = new HashSet<>();
    Instant time;
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT clock_timestamp(), subject FROM cameleon.suppressed"
                    + " RIGHT JOIN (VALUES (1)) always ON true")) {
      row.next();
      time = row.getObject(1, OffsetDateTime.class).toInstant();
      do {
        Optional.ofNullable(row.getString(2)).ifPresent(subjects::add);
      } while (row.next());
    }
    Known now = new Known(subjects, askedNanos, time, System.nanoTime());
    known.accumulateAndGet(
        now,
        (before, next) ->
            before != null && before.askedNanos() - next.askedNanos() > 0 ? before : next);
  }

  /** Whether it is known who is to be erased now: nothing may be loaded otherwise. */
  public boolean isFresh() {
    Known now = known.get();
    return now != null && System.nanoTime() - now.askedNanos() < FRESH_NANOS;
  }

  /**
   * What the database's clock shows now, or less if it was asked too long ago; empty if never.
   * Statements carry it, so that the database can refuse what was known too long ago.
   */
  public Optional<Instant> databaseTime() {
    return Optional.ofNullable(known.get())
        .map(
            now ->
                now.time().plusNanos(Math.min(System.nanoTime() - now.timeNanos(), FRESH_NANOS)));
  }

  /** The record itself, or one of random values if its person is to be erased. */
  public MaskedRecord apply(MaskedRecord record) {
    Set<String> erased = known.get() == null ? Set.of() : known.get().subjects();
    return erased.isEmpty() || masker.subjects(record.user()).stream().noneMatch(erased::contains)
        ? record
        : record.erased();
  }
}
