package dev.cameleon.mask;

import java.util.List;

/**
 * The masked events of one message, which are loaded together or not at all. Only {@link Masker}
 * creates one, and the loader accepts nothing else.
 */
public final class MaskedMessage {
  private final List<MaskedRecord> events;

  MaskedMessage(List<MaskedRecord> events) {
    this.events = events;
  }

  /** The events, in the message's order, at least one. */
  public List<MaskedRecord> events() {
    return events;
  }

  /** A copy of this message with a different random token for each masked value. */
  public MaskedMessage distinct() {
    return new MaskedMessage(events.stream().map(MaskedRecord::distinct).toList());
  }

  /** A copy of this message as it is loaded if its persons are suppressed. */
  public MaskedMessage erased() {
    return new MaskedMessage(events.stream().map(MaskedRecord::erased).toList());
  }

  /** Leaves out the fields, because even those that are not marked as personal may be sensitive. */
  @Override
  public String toString() {
    return "MaskedMessage[" + events.size() + " events]";
  }
}
