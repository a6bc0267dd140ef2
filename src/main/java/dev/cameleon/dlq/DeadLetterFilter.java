package dev.cameleon.dlq;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Selects the dead letters that meet all given criteria.
 *
 * @param ids ids on the dead-letter queue, or ids in the ledger; empty: any
 * @param cause why they failed
 * @param field the contract's name of the field
 * @param since they failed at this time or later
 * @param before they failed earlier than this
 */
public record DeadLetterFilter(
    Set<String> ids,
    Optional<DeadLetterReason> cause,
    Optional<String> field,
    Optional<Instant> since,
    Optional<Instant> before)
    implements Predicate<ReceivedDeadLetter> {

  /** Copies the ids. */
  public DeadLetterFilter {
    ids = Set.copyOf(ids);
  }

  @Override
  public boolean test(ReceivedDeadLetter deadLetter) {
    return (ids.isEmpty()
            || ids.contains(deadLetter.id())
            || ids.contains(deadLetter.sourceMessageId()))
        && cause.map(deadLetter.cause()::equals).orElse(true)
        && field.map(deadLetter.field()::equals).orElse(true)
        && since.map(time -> !deadLetter.failedAt().isBefore(time)).orElse(true)
        && before.map(deadLetter.failedAt()::isBefore).orElse(true);
  }
}
