package dev.cameleon.load;

import dev.cameleon.mask.MaskedMessage;
import dev.cameleon.mask.MaskedRecord;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.vault.SuppressionList;
import dev.cameleon.vault.Vault;
import dev.cameleon.vault.VaultEntries;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Messages to be loaded by one statement, each with its events and its delivery. The aggregator
 * fills it under its own lock; afterwards, messages only leave it ({@link #withdraw}).
 */
public final class Batch {
  private record Row(Delivery delivery, MaskedMessage message) {}

  /**
   * A batch with this much JSON is complete, however few events it has, because the whole statement
   * is built in memory.
   */
  static final int ENOUGH_CHARACTERS = 4 << 20;

  /** Some JVMs cannot allocate a larger array. */
  private static final int MOST_CHARACTERS = Integer.MAX_VALUE - 16;

  /** The JSON of an event needs this much besides its fields. */
  private static final int OWN_CHARACTERS = 120;

  private final List<Row> rows;
  private final Set<String> groups = new HashSet<>();
  private int events;
  private long characters;
  private VaultEntries entries;
  private long readyNanos = System.nanoTime();
  private boolean passedOn;
  private String suspectedOf = "";
  private OptionalLong failedNanos = OptionalLong.empty();
  private boolean half;

  Batch() {
    this(new ArrayList<>());
  }

  private Batch(List<Row> rows) {
    this.rows = rows;
    rows.forEach(this::count);
  }

  private Batch half(int from, int to) {
    Batch half = new Batch(new ArrayList<>(rows.subList(from, to)));
    half.suspectedOf = suspectedOf;
    half.failedNanos = failedNanos;
    half.half = true;
    return half;
  }

  /** A batch of one message, for {@code check} and for tests. */
  public static Batch of(Delivery delivery, MaskedMessage message) {
    Batch batch = new Batch();
    batch.add(delivery, message);
    return batch;
  }

  void add(Delivery delivery, MaskedMessage message) {
    Row row = new Row(delivery, message);
    rows.add(row);
    count(row);
  }

  private void count(Row row) {
    events += row.message().events().size();
    for (MaskedRecord event : row.message().events()) {
      characters += event.json().length() + OWN_CHARACTERS;
    }
  }

  /** The length of the events as JSON. */
  long characters() {
    return characters;
  }

  /** How many events the batch has. */
  public int size() {
    return events;
  }

  /** Whether this is one message alone, which cannot be split. */
  public boolean isSingle() {
    return rows.size() == 1;
  }

  /** Whether all messages were withdrawn. */
  boolean isEmpty() {
    return rows.isEmpty();
  }

  /** The message groups of its messages, for a FIFO queue; {@link GroupOrder} fills the set. */
  Set<String> groups() {
    return groups;
  }

  /** Takes out messages that must not be loaded now; the caller returns them to the queue. */
  List<Delivery> withdraw(Predicate<Delivery> which) {
    List<Delivery> withdrawn = new ArrayList<>();
    rows.removeIf(row -> which.test(row.delivery()) && withdrawn.add(row.delivery()));
    if (!withdrawn.isEmpty()) {
      events = 0;
      characters = 0;
      rows.forEach(this::count);
    }
    return withdrawn;
  }

  /** Both halves, to be loaded instead: repeated splitting finds the message that fails. */
  List<Batch> halves() {
    passOn();
    int middle = rows.size() / 2;
    return List.of(half(0, middle), half(middle, rows.size()));
  }

  /** Marks the outcome of its messages as decided, here or elsewhere. */
  void passOn() {
    passedOn = true;
  }

  /** Whether its outcome is decided, so that it must be neither loaded again nor returned. */
  boolean isPassedOn() {
    return passedOn;
  }

  /**
   * Records a failure after which the database answered, so that one of the rows may be the cause.
   *
   * @param sqlState the SQLSTATE of the failure
   */
  void suspect(String sqlState) {
    suspectedOf = sqlState;
  }

  /**
   * Records the time of its latest failure, which its halves inherit.
   *
   * @param nanos {@link System#nanoTime} of the failure
   */
  void failed(long nanos) {
    failedNanos = OptionalLong.of(nanos);
  }

  /** Whether it is a half of another batch, whose failure it inherits. */
  boolean isHalf() {
    return half;
  }

  /** Whether this batch, or the one that it is a half of, failed with this SQLSTATE before. */
  boolean isSuspectedOf(String sqlState) {
    return !sqlState.isEmpty() && sqlState.equals(suspectedOf);
  }

  /**
   * Whether this batch, or the one that it is a half of, first failed before this {@link
   * System#nanoTime}.
   */
  boolean failedBefore(long nanos) {
    return failedNanos.isPresent() && nanos - failedNanos.getAsLong() > 0;
  }

  /** The deliveries of these rows. */
  public List<Delivery> deliveries() {
    List<Delivery> deliveries = new ArrayList<>(rows.size());
    for (Row row : rows) {
      deliveries.add(row.delivery());
    }
    return deliveries;
  }

  /**
   * The parameters of {@code load.sql} for one attempt, with the suppression list and the vault's
   * entries as they are now.
   */
  public LoadParameters parameters(Vault vault, SuppressionList suppression) {
    begin();
    // Read first, so that everything else is newer.
    Optional<Instant> made = suppression.databaseTime();
    entries = vault.entries();
    StringBuilder json =
        new StringBuilder((int) Math.min(characters, MOST_CHARACTERS) + 2).append('[');
    Set<String> ids = new HashSet<>();
    TimeText sentAt = new TimeText();
    for (Row row : rows) {
      String id = row.delivery().sourceMessage().id();
      if (!ids.add(id)) {
        continue; // a duplicate: a second delivery, or a replay beside its original
      }
      int number = 0;
      for (MaskedRecord event : row.message().events()) {
        MaskedRecord record = suppression.apply(event);
        entries.add(id, record.originals());
        if (json.length() > 1) {
          json.append(',');
        }
        json.append("{\"message_id\":\"")
            .append(id)
            .append("\",\"event_number\":")
            .append(++number)
            .append(",\"sent_at\":\"");
        sentAt.append(json, row.delivery().sourceMessage().sentAt());
        json.append('"');
        String fields = record.json();
        json.append(fields.length() > 2 ? "," : "").append(fields, 1, fields.length());
      }
    }
    return new LoadParameters(json.append(']').toString(), entries.json(made));
  }

  /**
   * Records the commit.
   *
   * @param inserted how many messages were new; duplicates add no entry to the vault
   */
  void committed(int inserted) {
    passOn();
    if (inserted == rows.size() && entries != null) {
      entries.committed();
    }
  }

  /** Records that an attempt to load it begins. */
  void begin() {
    readyNanos = System.nanoTime();
  }

  /** When the latest attempt to load it began, by {@link System#nanoTime}. */
  long readyNanos() {
    return readyNanos;
  }

  /** Leaves out personal data. */
  @Override
  public String toString() {
    return "Batch[" + rows.size() + " messages, " + events + " events]";
  }
}
