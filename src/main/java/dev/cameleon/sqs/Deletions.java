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
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;

/**
 * Deletes from the source queue what is committed or accepted. What cannot be deleted stays in
 * hand, invisible, and is tried again once a second; meanwhile nothing is received. Otherwise the
 * messages would come back until the queue's redrive policy takes loaded ones for dead.
 * Thread-safe.
 */
final class Deletions {
  private static final Logger LOG = LoggerFactory.getLogger(Deletions.class);

  /** AWS: no message stays invisible for longer, however often it is extended. */
  private static final long LONGEST_INVISIBLE_NANOS = TimeUnit.HOURS.toNanos(12);

  /** The client waits for minutes before it gives up; receiving pauses sooner. */
  private static final long HANGS_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final SqsClient sqs;
  private final SqsQueue source;
  private final InFlightMessages deliveries;
  private final ExecutorService calls;
  private final ReceiveGate gate;

  /** What waits for deletes to work again: part of what is in flight, and bounded with it. */
  private final Deque<Finished> waiting = new ArrayDeque<>();

  /** When each delete under way began, by {@link System#nanoTime}. */
  private final IdentityHashMap<Finished, Long> underWay = new IdentityHashMap<>();

  private long succeededNanos = System.nanoTime();
  private int undeleted;
  private boolean trying;
  private boolean ended;

  /** What one call deletes, and how its messages ended. */
  private record Finished(List<Delivery> chunk, Outcome outcome) {}

  Deletions(
      SqsClient sqs,
      SqsQueue source,
      InFlightMessages deliveries,
      ExecutorService calls,
      ReceiveGate gate) {
    this.sqs = sqs;
    this.source = source;
    this.deliveries = deliveries;
    this.calls = calls;
    this.gate = gate;
  }

  /** Deletes these in calls of up to 10, and settles them. */
  void delete(List<Delivery> finished, Outcome outcome) {
    deliveries.undeleted(finished); // from now on: the call may wait, and hang, for long
    for (List<Delivery> chunk : Acknowledger.chunks(finished)) {
      calls.execute(() -> delete(new Finished(chunk, outcome), false));
    }
  }

  /**
   * Tries again what could not be deleted: one call at first, and all others when it succeeds.
   * Closes the gate while a delete hangs and no other succeeds. To be called once a second.
   */
  void retry() {
    retry(System.nanoTime());
  }

  /** The same at that time, by {@link System#nanoTime}. */
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

  /** Ends the retries: the process stops. What is not deleted comes back, as a duplicate. */
  synchronized void end() {
    ended = true;
    if (!waiting.isEmpty()) {
      LOG.warn(
          "Could not delete all messages before the stop. They reappear after their"
              + " visibility timeout, and then count as duplicates. first={}",
          waiting.element().chunk().get(0).messageId());
    }
    waiting.forEach(finished -> deliveries.settle(finished.chunk(), finished.outcome()));
    waiting.clear();
  }

  private void delete(Finished finished, boolean again) {
    BatchRetry.Left left = new BatchRetry.Left(finished.chunk(), "a call ended with an Error");
    synchronized (this) {
      underWay.put(finished, System.nanoTime());
    }
    try {
      // While the hold lasts there is no hurry: the next try comes by the clock.
      int attempts = again ? 1 : BatchRetry.ATTEMPTS;
      left = BatchRetry.persist(finished.chunk(), attempts, this::call);
    } finally {
      if (left.deliveries().size() < finished.chunk().size()) {
        succeeded();
      }
      List<Delivery> kept = keepable(left.deliveries());
      List<Delivery> settled = new ArrayList<>(finished.chunk());
      settled.removeAll(kept);
      settle(finished, again, settled, kept, left.why());
    }
  }

  private synchronized void succeeded() {
    succeededNanos = System.nanoTime();
  }

  /** What SQS can still hide. */
  private static List<Delivery> keepable(List<Delivery> left) {
    return left.stream().filter(delivery -> !delivery.isOverdue(LONGEST_INVISIBLE_NANOS)).toList();
  }

  private synchronized void settle(
      Finished finished, boolean again, List<Delivery> settled, List<Delivery> kept, String why) {
    underWay.remove(finished);
    List<Delivery> stays = ended ? List.of() : kept;
    deliveries.settle(ended ? finished.chunk() : settled, finished.outcome());
    undeleted += stays.size() - (again ? finished.chunk().size() : 0);
    if (!stays.isEmpty()) {
      waiting.add(new Finished(stays, finished.outcome()));
      gate.close(ReceiveGate.Hold.DELETES, "cannot delete messages from the source queue: " + why);
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

  private List<BatchResultErrorEntry> call(List<Delivery> chunk) {
    List<DeleteMessageBatchRequestEntry> entries = new ArrayList<>(chunk.size());
    for (int i = 0; i < chunk.size(); i++) {
      entries.add(
          DeleteMessageBatchRequestEntry.builder()
              .id(Integer.toString(i))
              .receiptHandle(chunk.get(i).receiptHandle())
              .build());
    }
    return sqs.deleteMessageBatch(request -> request.queueUrl(source.url()).entries(entries))
        .failed();
  }
}
