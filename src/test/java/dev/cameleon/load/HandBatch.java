package dev.cameleon.load;

import dev.cameleon.mask.MaskedMessage;
import dev.cameleon.sqs.Delivery;

/** Lets the benchmark's plain loop fill a batch, as the aggregator does in the application. */
public final class HandBatch {
  private final Batch batch = new Batch();

  /** Adds one row. */
  public void add(Delivery delivery, MaskedMessage record) {
    batch.add(delivery, record);
  }

  /** Records the commit. */
  public void committed(int inserted) {
    batch.committed(inserted);
  }

  /** The batch so far. */
  public Batch batch() {
    return batch;
  }
}
