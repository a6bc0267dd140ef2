package dev.cameleon.load;

import dev.cameleon.mask.MaskedRecord;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.vault.SuppressionList;
import dev.cameleon.vault.Vault;
import dev.cameleon.vault.VaultEntries;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Rows that are loaded by one statement, each with the delivery that it came from. Grows while the
 * aggregator fills it, which does so under its own lock; not changed afterwards.
 */
public final class Batch {
  private record Row(Delivery delivery, MaskedRecord record) {}

  private final List<Row> rows;
  private long characters;
  private VaultEntries entries;
  private long readyNanos = System.nanoTime();
  private boolean passedOn;
  private String suspectedOf = "";
  private OptionalLong failedNanos = OptionalLong.empty();

  Batch() {
    this(new ArrayList<>());
  }

  private Batch(List<Row> rows) {
    this.rows = rows;
  }

  private Batch half(int from, int to) {
    Batch half = new Batch(rows.subList(from, to));
    half.suspectedOf = suspectedOf;
    half.failedNanos = failedNanos;
    return half;
  }

  /** A batch of one row, as {@code check} and the tests need it. */
  public static Batch of(Delivery delivery, MaskedRecord record) {
    Batch batch = new Batch();
    batch.add(delivery, record);
    return batch;
  }

  void add(Delivery delivery, MaskedRecord record) {
    rows.add(new Row(delivery, record));
    characters += record.json().length();
  }

  /** The length of its rows' fields as JSON while it grows. */
  long characters() {
    return characters;
  }

  /** How many rows. */
  public int size() {
    return rows.size();
  }

  /** Whether this is one row alone, which cannot be split. */
  public boolean isSingle() {
    return rows.size() == 1;
  }

  /** Two halves, which are loaded instead of it: how the one row that fails is found. */
  public List<Batch> getHalves() {
    passOn();
    int middle = rows.size() / 2;
    return List.of(half(0, middle), half(middle, rows.size()));
  }

  /** The outcome of its messages is decided, or somebody else's to decide. */
  void passOn() {
    passedOn = true;
  }

  /** Whether it must not be loaded again, nor its messages be returned. */
  boolean isPassedOn() {
    return passedOn;
  }

  /**
   * It failed, and the database answered afterwards: one of its rows may be the cause.
   *
   * @param sqlState how it failed
   */
  void suspect(String sqlState) {
    suspectedOf = sqlState;
  }

  /**
   * It failed.
   *
   * @param nanos when, by {@link System#nanoTime}; only the first time counts
   */
  void failed(long nanos) {
    if (failedNanos.isEmpty()) {
      failedNanos = OptionalLong.of(nanos);
    }
  }

  /** Whether it, or the batch that it is a part of, failed in this way before. */
  boolean isSuspectedOf(String sqlState) {
    return !sqlState.isEmpty() && sqlState.equals(suspectedOf);
  }

  /** Whether it, or the batch that it is a part of, failed for the first time before a moment. */
  boolean failedBefore(long nanos) {
    return failedNanos.isPresent() && nanos - failedNanos.getAsLong() > 0;
  }

  /** The messages of these rows. */
  public List<Delivery> deliveries() {
    List<Delivery> deliveries = new ArrayList<>(rows.size());
    for (Row row : rows) {
      deliveries.add(row.delivery());
    }
    return deliveries;
  }

  /**
   * The parameters of {@code load.sql}, made for one attempt: who is erased now, and what the vault
   * has now.
   */
  public LoadParameters parameters(Vault vault, SuppressionList suppression) {
    begin();
    Optional<Instant> made = suppression.databaseTime(); // before anything that it is to date
    entries = vault.entries();
    StringBuilder json = new StringBuilder(rows.size() * 320).append('[');
    for (Row row : rows) {
      String id = row.delivery().ledgerId();
      MaskedRecord record = suppression.apply(row.record());
      entries.add(id, record.originals());
      if (json.length() > 1) {
        json.append(',');
      }
      json.append("{\"message_id\":\"")
          .append(id)
          .append("\",\"sent_at\":\"")
          .append(row.delivery().originallySentAt())
          .append('"');
      String fields = record.json();
      json.append(fields.length() > 2 ? "," : "").append(fields, 1, fields.length());
    }
    return new LoadParameters(json.append(']').toString(), entries.json(made));
  }

  /**
   * The database has committed it.
   *
   * @param inserted how many rows were new; a duplicate brings no entry into the vault
   */
  void committed(int inserted) {
    passOn();
    if (inserted == rows.size() && entries != null) {
      entries.committed();
    }
  }

  /** Its loading begins, for the first time or again. */
  void begin() {
    readyNanos = System.nanoTime();
  }

  /** When its loading began, by {@link System#nanoTime}. */
  long readyNanos() {
    return readyNanos;
  }

  /** Redacted. */
  @Override
  public String toString() {
    return "Batch[" + rows.size() + " rows]";
  }
}
