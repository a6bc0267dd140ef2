package dev.cameleon.sqs;

import java.util.Optional;

/** A message in flight. {@link InFlightMessages} guards all of it but the delivery. */
final class InFlight {
  final Delivery delivery;

  /** The memory of its texts, counted once: each count reads all of them. */
  final long textBytes;

  /** Until when it is invisible, by {@link System#nanoTime}; empty if that was not extended. */
  Optional<Long> extendedNanos = Optional.empty();

  /** The memory that {@link MemoryBudget#admit} took for its events. */
  long eventBytes;

  /** Whether it is finished and not deleted yet: then it is never returned. */
  boolean undeleted;

  /** Whether {@link InFlightMessages#overdue} has handed it out: it is being returned. */
  boolean handedOut;

  /** Whether an earlier message of its group was returned, which must be loaded first. */
  boolean overtakes;

  InFlight(Delivery delivery) {
    this.delivery = delivery;
    this.textBytes = MemoryBudget.textBytes(delivery.body()) + delivery.attributes().bytes();
  }

  boolean isOverdue(long limitNanos) {
    return delivery.isOverdue(limitNanos) && !undeleted;
  }
}
