package dev.cameleon.sqs;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes messages that are committed or dead-lettered from the source queue. A message that cannot
 * be deleted stays in flight and invisible; its delete is retried once a second, and nothing is
 * received meanwhile. Otherwise loaded messages would come back until the queue's redrive policy
 * moves them to its dead-letter queue. Thread-safe.
 */
final class Deletions {
  private static final Logger LOG = LoggerFactory.getLogger(Deletions.class);

  /** AWS: a message stays invisible for at most 12 hours, however often its timeout is extended. */
  private static final long LONGEST_INVISIBLE_NANOS = TimeUnit.HOURS.toNanos(12);

  /** The SDK waits for minutes before a call fails; receiving pauses sooner. */
  private static final long HANGS_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final SqsBatchCalls source;
  private final InFlightMessages inFlight;
  private final ExecutorService calls;
  private final ReceiveGate gate;

  /**
   * Batches whose delete failed and will be retried. Their messages are in flight, so the limit of
   * messages in flight bounds this queue.
   */
  private final Deque<Finished> waiting = new ArrayDeque<>();

  /** When each running delete began, by {@link System#nanoTime}. */
  private final IdentityHashMap<Finished, Long> underWay = new IdentityHashMap<>();

  private long succeededNanos = System.nanoTime();
  private int undeleted;
  private boolean trying;
  private boolean ended;

  /** The messages of one delete call, and their outcome. */
  private record Finished(List<Delivery> chunk, Outcome outcome) {}

  Deletions(
      SqsBatchCalls source, InFlightMessages inFlight, ExecutorService calls, ReceiveGate gate) {
    this.source = source;
    this.inFlight = inFlight;
    this.calls = calls;
    this.gate = gate;
  }

  /** Deletes these messages in calls of up to 10, and settles them. */
  void delete(List<Delivery> finished, Outcome outcome) {
    inFlight.undeleted(finished); // before the call, which may wait or hang for long
    for (List<Delivery> chunk : SqsBatchCalls.chunks(finished)) {
      calls.execute(() -> delete(new Finished(chunk, outcome), false));
    }
  }

  /**
   * Retries failed deletes: first one call, then all others once it succeeds. Closes the gate while
   * a delete hangs and no other succeeds. To be called once a second.
   */
  void retry() {
    retry(System.nanoTime());
  }

  /** As {@link #retry()}, at a given {@link System#nanoTime}. */
  synchronized void retry(long now) {
    if (now - succeededNanos > HANGS_NANOS
        && underWay.values().stream().anyMatch(began -> now - began > HANGS_NANOS)) {
      gate.close(ReceiveGate.Hold.DELETES, "the source queue does not answer delete calls");
    }
    if (!trying && !waiting.isEmpty()) {
      trying = true;
      Finished first = waiting.remove();
      calls.execute(() -> delete(first, true));
    }
  }

  /**
   * Stops the retries when the process stops. Messages that are not deleted come back as
   * duplicates.
   */
  synchronized void end() {
    ended = true;
    if (!waiting.isEmpty()) {
      LOG.warn(
          "Could not delete all messages before the stop. They reappear after their"
              + " visibility timeout: rows then count as duplicates, dead letters are sent again."
              + " first={}",
          waiting.element().chunk().get(0).messageId());
    }
    waiting.forEach(finished -> inFlight.settle(finished.chunk(), finished.outcome()));
    waiting.clear();
  }

  private void delete(Finished finished, boolean again) {
    List<Delivery> chunk = finished.chunk();
    SqsBatchCalls.Result<Delivery> result =
        SqsBatchCalls.Result.failed(chunk, "a call ended with an Error", false);
    synchronized (this) {
      underWay.put(finished, System.nanoTime());
    }
    try {
      // A retry makes one attempt: the next one follows within a second anyway.
      result =
          SqsBatchCalls.retry(
              chunk,
              again ? 1 : Acknowledger.ATTEMPTS,
              some -> source.delete(some, Delivery::receiptHandle));
    } finally {
      settle(finished, again, result);
    }
  }

  private synchronized void settle(
      Finished finished, boolean again, SqsBatchCalls.Result<Delivery> result) {
    underWay.remove(finished);
    if (result.failed().size() < finished.chunk().size()) {
      succeededNanos = System.nanoTime();
    }
    List<Delivery> stays =
        result.failed().stream()
            .filter(delivery -> !ended && !delivery.isOverdue(LONGEST_INVISIBLE_NANOS))
            .toList();
    List<Delivery> settled = new ArrayList<>(finished.chunk());
    settled.removeAll(stays);
    inFlight.settle(settled, finished.outcome());
    undeleted += stays.size() - (again ? finished.chunk().size() : 0);
    if (!stays.isEmpty()) {
      waiting.add(new Finished(stays, finished.outcome()));
      gate.close(
          ReceiveGate.Hold.DELETES,
          "cannot delete messages from the source queue: " + result.failure());
    } else if (again) {
      for (Finished next = waiting.poll(); next != null; next = waiting.poll()) {
        Finished other = next;
        calls.execute(() -> delete(other, true));
      }
    }
    if (again) {
      trying = false;
    }
    if (undeleted == 0) {
      gate.open(ReceiveGate.Hold.DELETES);
    }
  }
}
