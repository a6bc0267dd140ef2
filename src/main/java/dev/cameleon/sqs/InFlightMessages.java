package dev.cameleon.sqs;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.component.aws2.sqs.Sqs2Constants;
import software.amazon.awssdk.services.sqs.model.Message;

/**
 * Holds all messages in flight, from receive to outcome, and counts outcomes. Bounded: nothing is
 * received while the limit is reached. Thread-safe.
 */
public final class InFlightMessages {
  private final int maxMessages;
  private final MemoryBudget room;
  private final Map<String, Delivery> inFlight = new LinkedHashMap<>();

  /**
   * Until when each message with an extended timeout is invisible, by {@link System#nanoTime}; the
   * key is the receipt handle.
   */
  private final Map<String, Long> extended = new HashMap<>();

  /**
   * Receipt handles of messages that are finished and not deleted yet: these are never returned.
   */
  private final Set<String> undeleted = new HashSet<>();

  /** Receipt handles that {@link #overdue} has handed out: their messages are being returned. */
  private final Set<String> handedOut = new HashSet<>();

  private final DeadLetterBrake brake;
  private final Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
  private long received;

  /**
   * Starts empty.
   *
   * @param maxMessages how many messages may be in flight before receiving pauses
   * @param maxBytes how many bytes they may occupy, all copies and answers being read included
   * @param brake receives every outcome
   */
  public InFlightMessages(int maxMessages, long maxBytes, DeadLetterBrake brake) {
    this.maxMessages = maxMessages;
    this.room = new MemoryBudget(maxBytes);
    this.brake = brake;
    for (Outcome outcome : Outcome.values()) {
      outcomes.put(outcome, 0L);
    }
  }

  /**
   * Registers the messages of one answer.
   *
   * @return the messages that are new here; one whose receipt handle is in flight already must not
   *     count twice
   */
  public synchronized List<Message> receive(List<Message> messages, long receivedNanos) {
    List<Message> taken = new ArrayList<>(messages.size());
    // Parse all of them first: if one cannot be read, none is registered and all come back.
    List<Delivery> deliveries =
        messages.stream().map(message -> Delivery.of(message, receivedNanos)).toList();
    long largest = 0;
    for (int i = 0; i < messages.size(); i++) {
      Delivery delivery = deliveries.get(i);
      if (inFlight.putIfAbsent(delivery.receiptHandle(), delivery) == null) {
        room.occupy(MemoryBudget.bytesOf(delivery.body()));
        received++;
        taken.add(messages.get(i));
      }
      largest = Math.max(largest, MemoryBudget.textBytes(delivery.body()));
    }
    if (messages.isEmpty()) {
      room.seenNothing();
    } else {
      room.seen(largest);
    }
    return taken;
  }

  /**
   * The delivery of this exchange.
   *
   * @throws IllegalStateException if it is not in flight, or no longer
   */
  Delivery received(Exchange exchange) {
    String handle = exchange.getMessage().getHeader(Sqs2Constants.RECEIPT_HANDLE, String.class);
    synchronized (this) {
      Delivery delivery = inFlight.get(handle);
      if (delivery == null) {
        throw new IllegalStateException("this message is not in flight");
      }
      return delivery;
    }
  }

  /**
   * Records the outcome of these deliveries. Has no effect on a delivery that was settled before.
   */
  synchronized void settle(Collection<Delivery> settled, Outcome outcome) {
    boolean wasFull = isFull();
    long bytes = 0;
    for (Delivery delivery : settled) {
      if (inFlight.remove(delivery.receiptHandle()) != null) {
        extended.remove(delivery.receiptHandle());
        undeleted.remove(delivery.receiptHandle());
        handedOut.remove(delivery.receiptHandle());
        bytes += MemoryBudget.bytesOf(delivery.body());
        outcomes.merge(outcome, 1L, Long::sum);
        brake.settled(outcome);
      }
    }
    room.vacate(bytes);
    if (wasFull && !isFull()) {
      notifyAll(); // only then: at every delete, all waiting threads would wake for nothing
    }
  }

  /**
   * Waits until one more receive may start.
   *
   * @param millis how long at most
   * @return the memory reserved for it, to be closed; null if there was none in time
   */
  MemoryBudget.Reservation reserve(long millis) throws InterruptedException {
    return awaitRoom(millis) ? room.reserve(millis) : null;
  }

  private synchronized boolean awaitRoom(long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long left = millis;
    while (isFull() && left > 0) {
      wait(left);
      left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    }
    return !isFull();
  }

  private boolean isFull() {
    return inFlight.size() >= maxMessages;
  }

  /** A consistent snapshot of the counts. */
  public synchronized Account account() {
    long oldest = Long.MAX_VALUE;
    for (Delivery delivery : inFlight.values()) {
      oldest = Math.min(oldest, delivery.sentAt().toEpochMilli());
    }
    return new Account(
        received, new EnumMap<>(outcomes), inFlight.size(), inFlight.isEmpty() ? 0 : oldest);
  }

  /**
   * Returns the messages that are due for an extension and records it, before the call is made.
   *
   * @param receivedNanos how long a received message is invisible at first
   * @param marginNanos a message is due if it becomes visible within this time
   * @param limitNanos a message in flight for longer is not extended any more
   * @param untilNanos until when the due messages will be invisible
   */
  synchronized List<Delivery> claimDue(
      long nowNanos, long receivedNanos, long marginNanos, long limitNanos, long untilNanos) {
    List<Delivery> due = new ArrayList<>();
    for (Delivery delivery : inFlight.values()) {
      long until =
          extended.getOrDefault(delivery.receiptHandle(), delivery.receivedNanos() + receivedNanos);
      if (until - nowNanos < marginNanos && !isOverdue(delivery, limitNanos)) {
        extended.put(delivery.receiptHandle(), untilNanos);
        due.add(delivery);
      }
    }
    return due;
  }

  /** Records that extending these failed: they are due at once. */
  synchronized void notExtended(Collection<Delivery> failed) {
    failed.forEach(delivery -> extended.remove(delivery.receiptHandle()));
  }

  /**
   * Messages that are in flight for longer than {@code limitNanos}: some code lost track of them.
   * Each is returned by one call only.
   */
  public synchronized List<Delivery> overdue(long limitNanos) {
    List<Delivery> overdue = new ArrayList<>();
    for (Delivery delivery : inFlight.values()) {
      if (isOverdue(delivery, limitNanos) && handedOut.add(delivery.receiptHandle())) {
        overdue.add(delivery);
      }
    }
    return overdue;
  }

  /** Records that these are finished and not deleted yet: they are kept invisible. */
  synchronized void undeleted(Collection<Delivery> finished) {
    finished.forEach(
        delivery -> {
          if (inFlight.containsKey(delivery.receiptHandle())) {
            undeleted.add(delivery.receiptHandle());
          }
        });
  }

  private boolean isOverdue(Delivery delivery, long limitNanos) {
    return delivery.isOverdue(limitNanos) && !undeleted.contains(delivery.receiptHandle());
  }

  /** The messages still in flight, to be returned when the process stops. */
  public synchronized List<Delivery> rest() {
    return new ArrayList<>(inFlight.values());
  }

  /** The memory that messages occupy or receives have reserved, in bytes. */
  public long bytes() {
    return room.usedBytes();
  }
}
