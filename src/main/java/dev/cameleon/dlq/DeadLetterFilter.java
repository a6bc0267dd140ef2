package dev.cameleon.dlq;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which letters are meant: those of which all holds that is given.
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
  public boolean test(ReceivedDeadLetter letter) {
    return (ids.isEmpty() || ids.contains(letter.id()) || ids.contains(letter.sourceMessageId()))
        && cause.map(letter.cause()::equals).orElse(true)
        && field.map(letter.field()::equals).orElse(true)
        && since.map(time -> !letter.failedAt().isBefore(time)).orElse(true)
        && before.map(letter.failedAt()::isBefore).orElse(true);
  }
}
