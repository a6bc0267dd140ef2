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
 * Persons who asked to be erased and suppressed: their later events are loaded with random values.
 * The database holds keyed hashes of their user ids. Thread-safe.
 */
public final class SuppressionList {
  /** {@code erase} relies on this bound. */
  private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(15);

  /**
   * One read of the list.
   *
   * @param subjects the hashes of suppressed user ids
   * @param askedNanos when the read began, by {@link System#nanoTime}
   * @param time the database's clock
   * @param timeNanos a moment after {@code time}, by {@link System#nanoTime}
   */
  private record Known(Set<String> subjects, long askedNanos, Instant time, long timeNanos) {}

  private final Masker masker;
  private final AtomicReference<Known> known = new AtomicReference<>();

  /**
   * Creates an empty list that is not fresh, so that nothing is loaded before the first {@link
   * #refresh}.
   *
   * @param masker computes the hashes
   */
  public SuppressionList(Masker masker) {
    this.masker = masker;
  }

  /**
   * Reads the list from the database.
   *
   * @throws SQLException if the database fails; the list stays as it was
   */
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

  /** Whether the list was read within the last 15 s; otherwise nothing may be loaded. */
  public boolean isFresh() {
    Known now = known.get();
    return now != null && System.nanoTime() - now.askedNanos() < FRESH_NANOS;
  }

  /**
   * A lower bound of the database's current time, derived from the last read; empty if that is too
   * old or there was none. Statements carry it, so that the database can refuse those built on
   * outdated information.
   */
  public Optional<Instant> databaseTime() {
    return Optional.ofNullable(known.get())
        .map(
            now ->
                now.time().plusNanos(Math.min(System.nanoTime() - now.timeNanos(), FRESH_NANOS)));
  }

  /** Returns the record itself, or a record of random values if its person is suppressed. */
  public MaskedRecord apply(MaskedRecord record) {
    Set<String> erased = known.get() == null ? Set.of() : known.get().subjects();
    return erased.isEmpty()
            || record.user().isEmpty()
            || masker.subjects(record.user()).stream().noneMatch(erased::contains)
        ? record
        : record.erased();
  }
}
