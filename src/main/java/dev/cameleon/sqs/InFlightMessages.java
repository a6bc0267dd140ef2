package dev.cameleon.sqs;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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

  /** The key is the receipt handle. */
  private final Map<String, InFlight> inFlight = new LinkedHashMap<>();

  private final DeadLetterBrake brake;
  private final MessageTracing tracing;
  private final Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
  private long received;

  /**
   * Starts empty.
   *
   * @param maxMessages how many messages may be in flight before receiving pauses
   * @param maxBytes how many bytes they may occupy, including all copies and answers that are being
   *     read
   * @param brake receives every outcome
   * @param tracing follows every message
   */
  public InFlightMessages(
      int maxMessages, long maxBytes, DeadLetterBrake brake, MessageTracing tracing) {
    this.tracing = tracing;
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
   * @return the messages that are new; a receipt handle that is already in flight must not count
   *     twice
   */
  public synchronized List<Message> receive(List<Message> messages, long receivedNanos) {
    List<Message> taken = new ArrayList<>(messages.size());
    // Parse all of them first: if one cannot be read, none is registered and all come back.
    List<Delivery> deliveries =
        messages.stream().map(message -> Delivery.of(message, receivedNanos)).toList();
    long largest = 0;
    for (int i = 0; i < messages.size(); i++) {
      Delivery delivery = deliveries.get(i);
      InFlight message = new InFlight(delivery);
      if (inFlight.putIfAbsent(delivery.receiptHandle(), message) == null) {
        room.occupy(MemoryBudget.bytesOf(message.textBytes));
        received++;
        tracing.received(delivery);
        taken.add(messages.get(i));
      }
      largest = Math.max(largest, message.textBytes);
    }
    if (messages.isEmpty()) {
      room.seenNothing();
    } else {
      room.seen(largest);
    }
    return taken;
  }

  /**
   * The delivery of this exchange, once there is memory for its events.
   *
   * @throws IllegalStateException if it is not in flight, or no longer
   */
  Delivery received(Exchange exchange) {
    String handle = exchange.getMessage().getHeader(Sqs2Constants.RECEIPT_HANDLE, String.class);
    Delivery delivery = find(handle).delivery;
    long bytes = MemoryBudget.eventBytesOf(delivery.body());
    if (bytes > 0) {
      admit(handle, bytes);
    }
    return delivery;
  }

  private void admit(String handle, long bytes) {
    try {
      // Outside this object's lock, because other messages must be settled meanwhile.
      room.admit(bytes);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for memory", e);
    }
    synchronized (this) {
      if (!inFlight.containsKey(handle)) {
        room.vacate(0, bytes);
      }
      find(handle).eventBytes += bytes;
    }
  }

  private synchronized InFlight find(String handle) {
    InFlight message = inFlight.get(handle);
    if (message == null) {
      throw new IllegalStateException("this message is not in flight");
    }
    return message;
  }

  /**
   * Records the outcome of these deliveries. Has no effect on a delivery that was settled before.
   */
  synchronized void settle(Collection<Delivery> settled, Outcome outcome) {
    boolean wasFull = isFull();
    long bytes = 0;
    long ofEvents = 0;
    for (Delivery delivery : settled) {
      InFlight message = inFlight.remove(delivery.receiptHandle());
      if (message != null) {
        ofEvents += message.eventBytes;
        bytes += MemoryBudget.bytesOf(message.textBytes);
        outcomes.merge(outcome, 1L, Long::sum);
        brake.settled(outcome);
        tracing.settled(delivery, outcome);
      }
    }
    room.vacate(bytes, ofEvents);
    if (wasFull && !isFull()) {
      // Only below the limit; otherwise each delete would wake all waiting threads for nothing.
      notifyAll();
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
    for (InFlight message : inFlight.values()) {
      oldest = Math.min(oldest, message.delivery.sentAt().toEpochMilli());
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
    for (InFlight message : inFlight.values()) {
      long until = message.extendedNanos.orElse(message.delivery.receivedNanos() + receivedNanos);
      if (until - nowNanos < marginNanos && !message.isOverdue(limitNanos)) {
        message.extendedNanos = Optional.of(untilNanos);
        due.add(message.delivery);
      }
    }
    return due;
  }

  /** Records that extending these failed: they are due at once. */
  synchronized void notExtended(Collection<Delivery> failed) {
    stillInFlight(failed).forEach(message -> message.extendedNanos = Optional.empty());
  }

  /**
   * Messages that have been in flight for longer than {@code limitNanos}, because some code lost
   * track of them. Each message is returned by one call only.
   */
  public synchronized List<Delivery> overdue(long limitNanos) {
    List<Delivery> overdue = new ArrayList<>();
    for (InFlight message : inFlight.values()) {
      if (message.isOverdue(limitNanos) && !message.handedOut) {
        message.handedOut = true;
        overdue.add(message.delivery);
      }
    }
    return overdue;
  }

  /** Records that these messages are finished but not deleted yet, so they are kept invisible. */
  synchronized void undeleted(Collection<Delivery> finished) {
    stillInFlight(finished).forEach(message -> message.undeleted = true);
  }

  /**
   * Records that these messages are being returned to the queue: from now on, later messages of
   * their groups that are in flight must not be loaded either. Messages that SQS delivers
   * afterwards come in order.
   */
  synchronized void returning(Collection<Delivery> returned) {
    Map<String, BigInteger> from = new HashMap<>();
    for (Delivery delivery : returned) {
      delivery.group().ifPresent(at -> from.merge(at.id(), at.number(), BigInteger::min));
    }
    if (!from.isEmpty()) {
      for (InFlight message : inFlight.values()) {
        message
            .delivery
            .group()
            .filter(at -> from.containsKey(at.id()))
            .filter(at -> at.number().compareTo(from.get(at.id())) > 0)
            .ifPresent(at -> message.overtakes = true);
      }
    }
  }

  /** Whether this message would be loaded before an earlier one of its group. */
  public boolean overtakes(Delivery delivery) {
    if (delivery.group().isEmpty()) {
      return false; // needs no lock; applies to all messages of a standard queue
    }
    synchronized (this) {
      InFlight message = inFlight.get(delivery.receiptHandle());
      return message != null && message.overtakes;
    }
  }

  private Stream<InFlight> stillInFlight(Collection<Delivery> deliveries) {
    return deliveries.stream()
        .map(delivery -> inFlight.get(delivery.receiptHandle()))
        .filter(Objects::nonNull);
  }

  /** The messages still in flight, to be returned when the process stops. */
  public synchronized List<Delivery> rest() {
    return inFlight.values().stream().map(message -> message.delivery).toList();
  }

  /** The messages that are neither loaded nor dead-lettered yet. */
  public synchronized List<Delivery> unfinished() {
    return inFlight.values().stream()
        .filter(message -> !message.undeleted)
        .map(message -> message.delivery)
        .toList();
  }

  /** The memory that messages occupy or receives have reserved, in bytes. */
  public long bytes() {
    return room.usedBytes();
  }
}
