package dev.cameleon.load;

import dev.cameleon.mask.MaskedRecord;
import dev.cameleon.settle.Delivery;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows that are loaded by one statement, each with the delivery that it came from. Grows while the
 * aggregator fills it, which does so under its own lock; not changed afterwards.
 */
public final class Batch {
  private record Row(Delivery delivery, MaskedRecord record) {}

  private final List<Row> rows;
  private long readyNanos = System.nanoTime();

  Batch() {
    this(new ArrayList<>());
  }

  private Batch(List<Row> rows) {
    this.rows = rows;
  }

  /** A batch of one row, as {@code check} and the tests need it. */
  public static Batch of(Delivery delivery, MaskedRecord record) {
    Batch batch = new Batch();
    batch.add(delivery, record);
    return batch;
  }

  void add(Delivery delivery, MaskedRecord record) {
    rows.add(new Row(delivery, record));
  }

  /** How many rows. */
  public int size() {
    return rows.size();
  }

  /** Whether this is one row alone, which cannot be split. */
  public boolean isSingle() {
    return rows.size() == 1;
  }

  /** Two halves: how the one row that PostgreSQL refuses is found. */
  public List<Batch> getHalves() {
    int middle = rows.size() / 2;
    return List.of(
        new Batch(rows.subList(0, middle)), new Batch(rows.subList(middle, rows.size())));
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
   * The parameter of {@code load.sql}: a JSON array with one object per row, its fields and {@code
   * message_id} and {@code sent_at}.
   */
  public String getJson() {
    begin();
    StringBuilder json = new StringBuilder(rows.size() * 320).append('[');
    for (Row row : rows) {
      if (json.length() > 1) {
        json.append(',');
      }
      json.append("{\"message_id\":\"")
          .append(row.delivery().ledgerId())
          .append("\",\"sent_at\":\"")
          .append(row.delivery().originallySentAt())
          .append('"');
      String fields = row.record().json();
      json.append(fields.length() > 2 ? "," : "").append(fields, 1, fields.length());
    }
    return json.append(']').toString();
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
