package dev.cameleon.dlq;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which dead letters are meant: those of which all holds that is given.
 *
 * @param ids their ids, or the ids that the ledger knows them by; none: any
 * @param cause why they failed
 * @param field the contract's name of the field
 * @param since not failed before
 * @param before failed before
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
