package dev.cameleon.sqs;

import java.util.Optional;

/** A message in flight. {@link InFlightMessages} guards all fields except the delivery. */
final class InFlight {
  final Delivery delivery;

  /** The memory of its texts; stored, because counting reads all of them. */
  final long textBytes;

  /**
   * When its extended invisibility ends, by {@link System#nanoTime}; empty if it was never
   * extended.
   */
  Optional<Long> extendedNanos = Optional.empty();

  /** The memory that {@link MemoryBudget#admit} took for its events. */
  long eventBytes;

  /** Whether it is finished but not deleted yet; then it is never returned. */
  boolean undeleted;

  /** Whether {@link InFlightMessages#overdue} has handed it out to be returned. */
  boolean handedOut;

  /** Whether an earlier message of its group was returned and must be loaded first. */
  boolean overtakes;

  InFlight(Delivery delivery) {
    this.delivery = delivery;
    this.textBytes = MemoryBudget.textBytes(delivery.body()) + delivery.attributes().bytes();
  }

  boolean isOverdue(long limitNanos) {
    return delivery.isOverdue(limitNanos) && !undeleted;
  }
}
