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
 * Everything that is in flight, from the receipt to the outcome, and the account of it. Bounded: no
 * more is received while it is full. Thread-safe.
 */
public final class InFlightMessages {
  private final int maxMessages;
  private final MemoryBudget room;
  private final Map<String, Delivery> inFlight = new LinkedHashMap<>();

  /** Until when those are invisible whose time was extended, by {@link System#nanoTime}. */
  private final Map<String, Long> extended = new HashMap<>();

  /** The receipts of what is finished and waits to be deleted: nothing returns it. */
  private final Set<String> undeleted = new HashSet<>();

  /** The receipts of what {@link #erased} has handed out: it is being returned. */
  private final Set<String> handedOut = new HashSet<>();

  private final DeadLetterBrake brake;
  private final Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
  private long received;

  /**
   * Makes one.
   *
   * @param maxMessages how many messages may be in flight before receiving pauses
   * @param maxBytes how many bytes they may occupy, with all copies, and what is being received
   * @param brake told of every outcome
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
   * Takes what one call received.
   *
   * @return what was taken: an answer that repeats a receipt in flight gives nothing new, and what
   *     ends once must not count twice
   */
  public synchronized List<Message> receive(List<Message> messages, long receivedNanos) {
    List<Message> taken = new ArrayList<>(messages.size());
    // All of them first: if one cannot be read, none is in flight, and all come again.
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
   * The delivery that was received as this exchange.
   *
   * @throws IllegalStateException if it is not in flight (any more)
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

  /** Ends the stay of these deliveries; of one that has ended before, nothing changes. */
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
      notifyAll(); // not at every delete: all who wait for room would wake to find none
    }
  }

  /**
   * Waits for room for one receive.
   *
   * @param millis how long at most
   * @return the room, reserved until it is closed; null if there was none
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

  /** A consistent picture. */
  public synchronized Account account() {
    long oldest = Long.MAX_VALUE;
    for (Delivery delivery : inFlight.values()) {
      oldest = Math.min(oldest, delivery.sentAt().toEpochMilli());
    }
    return new Account(
        received, new EnumMap<>(outcomes), inFlight.size(), inFlight.isEmpty() ? 0 : oldest);
  }

  /**
   * Takes note that what is soon visible again is extended, and says what that is.
   *
   * @param receivedNanos how long a receipt is invisible from its beginning
   * @param marginNanos how soon
   * @param limitNanos what is in flight for longer is left to lapse
   * @param untilNanos until when it is invisible then
   */
  synchronized List<Delivery> claimDue(
      long nowNanos, long receivedNanos, long marginNanos, long limitNanos, long untilNanos) {
    List<Delivery> due = new ArrayList<>();
    for (Delivery delivery : inFlight.values()) {
      long until =
          extended.getOrDefault(delivery.receiptHandle(), delivery.receivedNanos() + receivedNanos);
      if (until - nowNanos < marginNanos && !isErased(delivery, limitNanos)) {
        extended.put(delivery.receiptHandle(), untilNanos);
        due.add(delivery);
      }
    }
    return due;
  }

  /** Takes note that these were not extended after all: they are due at once. */
  synchronized void notExtended(Collection<Delivery> failed) {
    failed.forEach(delivery -> extended.remove(delivery.receiptHandle()));
  }

  /** What is in flight for longer than it may be: something erased it. Each is handed out once. */
  public synchronized List<Delivery> erased(long limitNanos) {
    List<Delivery> erased = new ArrayList<>();
    for (Delivery delivery : inFlight.values()) {
      if (isErased(delivery, limitNanos) && handedOut.add(delivery.receiptHandle())) {
        erased.add(delivery);
      }
    }
    return erased;
  }

  /** Takes note that these are finished and not deleted yet: they are kept invisible. */
  synchronized void undeleted(Collection<Delivery> finished) {
    finished.forEach(
        delivery -> {
          if (inFlight.containsKey(delivery.receiptHandle())) {
            undeleted.add(delivery.receiptHandle());
          }
        });
  }

  private boolean isErased(Delivery delivery, long limitNanos) {
    return delivery.isOverdue(limitNanos) && !undeleted.contains(delivery.receiptHandle());
  }

  /** What is still in flight, for a stop that returns it. */
  public synchronized List<Delivery> rest() {
    return new ArrayList<>(inFlight.values());
  }

  /** The memory that is occupied or reserved, in bytes. */
  public long bytes() {
    return room.usedBytes();
  }
}
