package dev.cameleon.dlq;

import dev.cameleon.dlq.ReplaySelection.Candidate;
import dev.cameleon.sqs.SqsBatchCalls;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/**
 * Sends dead letters back to the source queue, then deletes those that SQS accepted. If the process
 * dies in between, both copies exist and the ledger loads the message once. Thread-safe.
 */
public final class Replay {
  private final DeadLetterReader deadLetters;
  private final SourceQueue source;
  private final ReplaySelection selection;
  private final RateLimit pace;
  private final AtomicLong replayed = new AtomicLong();
  private final AtomicLong undeleted = new AtomicLong();
  private final Set<String> refusals = ConcurrentHashMap.newKeySet();
  private final AtomicReference<String> failure = new AtomicReference<>();

  /**
   * Replays dead letters of one queue.
   *
   * @param deadLetters reads and deletes dead letters
   * @param source the queue that they are sent to
   * @param perSecond messages per second at most; 0: no limit
   * @param stop whether the operator asked to stop
   */
  public Replay(
      DeadLetterReader deadLetters,
      SourceQueue source,
      ReplaySelection selection,
      int perSecond,
      BooleanSupplier stop) {
    this.deadLetters = deadLetters;
    this.source = source;
    this.selection = selection;
    this.pace = new RateLimit(perSecond, () -> stop.getAsBoolean() || failure.get() != null);
  }

  /**
   * Replays the dead letters of a page that can be replayed. If the source queue fails, reading
   * ends.
   */
  public void replay(List<ReceivedDeadLetter> page) throws InterruptedException {
    List<Candidate> candidates = selection.select(page);
    for (int from = 0; from < candidates.size(); from += pace.atATime()) {
      List<Candidate> some =
          candidates.subList(from, Math.min(from + pace.atATime(), candidates.size()));
      if (pace.await(some.size())) {
        send(some);
      } else {
        selection.leave(SkipReason.UNSENT, count(some));
      }
    }
  }

  private void send(List<Candidate> some) {
    SqsBatchCalls.Result<Candidate> sent = source.send(some, Candidate::message);
    if (!sent.failed().isEmpty()) {
      failure.compareAndSet(null, sent.failure());
      deadLetters.enough();
    }
    refusals.addAll(sent.refused().values());
    List<String> superfluous =
        sent.done().stream()
            .flatMap(one -> one.deadLetters().stream())
            .map(ReceivedDeadLetter::id)
            .toList();
    int refused = count(sent.refused().keySet());
    selection.leave(SkipReason.REFUSED, refused);
    selection.leave(SkipReason.UNSENT, count(some) - superfluous.size() - refused);
    replayed.addAndGet(sent.done().size());
    undeleted.addAndGet(superfluous.size() - deadLetters.delete(superfluous).size());
  }

  private static int count(Collection<Candidate> some) {
    return some.stream().mapToInt(one -> one.deadLetters().size()).sum();
  }

  /** How many messages were sent. */
  public long replayed() {
    return replayed.get();
  }

  /** How many dead letters were replayed but could not be deleted. */
  public long undeleted() {
    return undeleted.get();
  }

  /** The error codes with which SQS refused messages. */
  public Set<String> refusals() {
    return Set.copyOf(refusals);
  }

  /** Why sending to the source queue failed; empty if it works. */
  public Optional<String> failure() {
    return Optional.ofNullable(failure.get());
  }
}
