package dev.cameleon.sqs;

import java.util.Locale;

/** How the processing of a delivery ended. */
public enum Outcome {
  /** This delivery's row was committed. */
  LOADED,
  /** The message's id was in the ledger: its row was committed before. */
  DUPLICATE,
  /** The message matches the contract's {@code x-ignore} and is not loaded. */
  IGNORED,
  /** The dead-letter queue accepted the message. */
  DEAD_LETTERED,
  /** The message stays on the source queue and will be received again. */
  RETURNED;

  /** The label in metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
