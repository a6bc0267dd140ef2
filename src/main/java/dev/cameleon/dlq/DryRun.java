package dev.cameleon.dlq;

import dev.cameleon.contract.IgnoredException;
import dev.cameleon.contract.RejectedException;
import dev.cameleon.dlq.ReplaySelection.Candidate;
import dev.cameleon.mask.Preparation;
import dev.cameleon.mask.PreparationFailedException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Predicts the result of a replay with the current route, contract and mask, without the database.
 * Changes nothing. Thread-safe.
 */
public final class DryRun {
  private final ReplaySelection selection;
  private final Set<String> fields;
  private final Preparation preparation;
  private final Map<Failure, Tally> failures = new HashMap<>();
  private long passing;
  private long rejectedBefore;
  private final Map<String, Long> returning = new TreeMap<>();

  /**
   * The fault of dead letters that would fail again.
   *
   * @param reason the kind of fault now
   * @param field the contract's name of the field now, or an empty string
   * @param before why they failed the last time
   * @param fieldBefore the field then, or an empty string, or {@link ReceivedDeadLetter#UNKNOWN}
   */
  public record Failure(
      dev.cameleon.contract.Violation reason,
      String field,
      DeadLetterReason before,
      String fieldBefore) {}

  /**
   * The number of dead letters with one fault.
   *
   * @param count how many
   * @param example the id of one of them on the dead-letter queue
   */
  public record Tally(long count, String example) {}

  /**
   * Tests the dead letters that can be replayed.
   *
   * @param fields the names of fields that may be shown: those of the current contract
   * @param preparation the current route, contract and mask
   */
  public DryRun(ReplaySelection selection, Set<String> fields, Preparation preparation) {
    this.selection = selection;
    this.fields = fields;
    this.preparation = preparation;
  }

  /** Tests the dead letters of a page that can be replayed. */
  public void tryOut(List<ReceivedDeadLetter> page) {
    for (Candidate one : selection.select(page)) {
      ReceivedDeadLetter deadLetter = one.deadLetter();
      try {
        preparation.prepare(one.message().body(), one.sender().values());
        passes(deadLetter);
      } catch (IgnoredException e) {
        passes(deadLetter); // it would not become a dead letter again
      } catch (RejectedException e) {
        String before = deadLetter.shown(fields).field();
        fails(new Failure(e.reason(), e.field(), deadLetter.cause(), before), deadLetter.id());
      } catch (PreparationFailedException e) {
        returns(e.getMessage());
      }
    }
  }

  private synchronized void passes(ReceivedDeadLetter deadLetter) {
    passing++;
    rejectedBefore += deadLetter.cause() == DeadLetterReason.DATA_REJECTED ? 1 : 0;
  }

  private synchronized void returns(String why) {
    returning.merge(why, 1L, Long::sum);
  }

  private synchronized void fails(Failure failure, String id) {
    failures.merge(
        failure, new Tally(1, id), (sum, one) -> new Tally(sum.count() + 1, sum.example()));
  }

  /** How many would pass the contract now. */
  public synchronized long passing() {
    return passing;
  }

  /** How many of those the database refused before: whether it accepts them now is not known. */
  public synchronized long rejectedBefore() {
    return rejectedBefore;
  }

  /** How many would return to the queue because a step of the route fails, by failure. */
  public synchronized Map<String, Long> returning() {
    return new TreeMap<>(returning);
  }

  /** How the others would fail, the most frequent first. */
  public synchronized List<Map.Entry<Failure, Tally>> failures() {
    return failures.entrySet().stream()
        .sorted(Comparator.comparingLong(failure -> -failure.getValue().count()))
        .toList();
  }
}
