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

  /** The same message with another random token for each masked value, so that no two are equal. */
  public MaskedMessage distinct() {
    return new MaskedMessage(events.stream().map(MaskedRecord::distinct).toList());
  }

  /** The same events as they are loaded if their persons are suppressed. */
  public MaskedMessage erased() {
    return new MaskedMessage(events.stream().map(MaskedRecord::erased).toList());
  }

  /** Without the fields: even those that are not marked as personal may be sensitive. */
  @Override
  public String toString() {
    return "MaskedMessage[" + events.size() + " events]";
  }
}
