package dev.cameleon.sqs;

import java.util.Locale;

/** How a message's stay in this process ended. */
public enum Outcome {
  /** Its row was committed by this delivery. */
  LOADED,
  /** The ledger had its id: the row was committed before. */
  DUPLICATE,
  /** The dead-letter queue accepted it. */
  DEAD_LETTERED,
  /** Left on the source queue, to be received again. */
  RETURNED;

  /** The metric's label. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
