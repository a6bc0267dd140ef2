package dev.cameleon.dlq;

import dev.cameleon.contract.Violation;
import dev.cameleon.sqs.Acknowledger;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.MessageGroup;
import dev.cameleon.sqs.OutgoingMessage;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.sqs.SqsBatchCalls;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends dead letters in as few calls as SQS's limits allow. While the queue does not accept them,
 * receiving pauses and the sends are retried for as long as the messages may stay in flight.
 */
public final class DeadLetterSender {
  private static final Logger LOG = LoggerFactory.getLogger(DeadLetterSender.class);
  private static final long PAUSE_MILLIS = 1000;
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(15);

  /** The SDK waits for minutes before a call fails; receiving pauses sooner. */
  private static final long HANGS_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final SqsBatchCalls calls;
  private final Supplier<DeadLetterCodec.Format> format;
  private final ReceiveGate gate;
  private final Acknowledger acknowledger;
  private final long limitNanos;
  private volatile long failedNanos = System.nanoTime();

  /** When the running call began; empty between calls. */
  private volatile Optional<Long> callBeganNanos = Optional.empty();

  private final Map<Group, LongAdder> accepted = new ConcurrentHashMap<>();

  /**
   * The key under which dead letters are counted.
   *
   * @param field the contract's field; empty: they are about no field
   */
  public record Group(Violation reason, String field) implements Comparable<Group> {
    @Override
    public int compareTo(Group other) {
      int byReason = reason.compareTo(other.reason);
      return byReason == 0 ? field.compareTo(other.field) : byReason;
    }
  }

  /**
   * Sends to one dead-letter queue.
   *
   * @param calls makes the calls to the dead-letter queue
   * @param sourceQueue the name of the queue that the messages came from
   * @param sealing how bodies are sealed; empty: they are sent unchanged
   * @param needed the message attributes that the current contract needs
   * @param limitNanos the longest that a message is kept in flight
   */
  public DeadLetterSender(
      SqsBatchCalls calls,
      String sourceQueue,
      Optional<BodySealing> sealing,
      Supplier<Set<String>> needed,
      ReceiveGate gate,
      Acknowledger acknowledger,
      long limitNanos) {
    this.limitNanos = limitNanos;
    this.calls = calls;
    this.format =
        () ->
            new DeadLetterCodec.Format(
                sealing, needed.get(), sourceQueue, calls.queue().maxBytes());
    this.gate = gate;
    this.acknowledger = acknowledger;
  }

  /** How many dead letters with this reason were accepted so far. */
  public long accepted(Violation reason) {
    return accepted.entrySet().stream()
        .filter(counted -> counted.getKey().reason() == reason)
        .mapToLong(counted -> counted.getValue().sum())
        .sum();
  }

  /** How many dead letters were accepted so far, by reason and field. */
  public Map<Group, Long> accepted() {
    Map<Group, Long> counts = new TreeMap<>();
    accepted.forEach((group, count) -> counts.put(group, count.sum()));
    return counts;
  }

  /**
   * Sends dead letters and waits for the answer to each. Messages whose dead letters cannot be sent
   * are returned to the source queue.
   *
   * @return the messages whose dead letters were accepted: they may be deleted
   */
  public List<Delivery> send(List<DeadLetter> deadLetters) throws InterruptedException {
    List<Delivery> done = new ArrayList<>();
    List<Delivery> returned = new ArrayList<>();
    List<Encoded> left = new ArrayList<>();
    for (DeadLetter deadLetter : deadLetters) {
      Encoded encoded = encoded(deadLetter);
      if (encoded.message().bytes() <= calls.queue().maxBytes()) {
        left.add(encoded);
      } else {
        String size = format.get().sealing().isPresent() ? "sealed, it" : "it";
        refuse(encoded, size + " is larger than the queue accepts", returned);
      }
    }
    while (!left.isEmpty()) {
      List<Encoded> again = new ArrayList<>();
      for (List<Encoded> call : SqsBatchCalls.chunks(left, encoded -> encoded.message().bytes())) {
        again.addAll(send(call, done, returned));
      }
      left = again;
      if (left.isEmpty()) {
        gate.open(ReceiveGate.Hold.DEAD_LETTER_QUEUE);
      } else if (!gate.mayRetry() || isOverdue(left)) {
        left.forEach(encoded -> returned.add(encoded.delivery()));
        break; // reconsider() lets the next dead letter try
      } else {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    }
    acknowledger.postponed(returned);
    return done;
  }

  /** A dead letter and its message. */
  private record Encoded(DeadLetter of, OutgoingMessage message) {
    Delivery delivery() {
      return of.delivery();
    }
  }

  private Encoded encoded(DeadLetter deadLetter) {
    OutgoingMessage message = DeadLetterCodec.write(deadLetter, format.get(), Instant.now());
    return new Encoded(
        deadLetter, calls.queue().isFifo() ? message.at(place(deadLetter.delivery())) : message);
  }

  /**
   * The place in a FIFO queue: the message's own group. If a crash before the delete makes the same
   * message fail again, SQS drops the second dead letter; a replay that fails is another message.
   */
  private static OutgoingMessage.Place place(Delivery delivery) {
    return new OutgoingMessage.Place(
        delivery.group().map(MessageGroup::id).orElse(delivery.messageId()),
        "dead-letter-" + delivery.messageId());
  }

  /** Makes one call; returns the dead letters to be retried. */
  private List<Encoded> send(List<Encoded> call, List<Delivery> done, List<Delivery> returned) {
    callBeganNanos = Optional.of(System.nanoTime());
    SqsBatchCalls.Result<Encoded> result;
    try {
      result = calls.send(call, Encoded::message);
    } finally {
      callBeganNanos = Optional.empty();
    }
    for (Encoded encoded : result.done()) {
      done.add(encoded.delivery());
      accepted
          .computeIfAbsent(
              new Group(encoded.of().reason(), encoded.of().field()), group -> new LongAdder())
          .increment();
    }
    result.refused().forEach((encoded, code) -> refuse(encoded, "SQS answered " + code, returned));
    if (!result.failed().isEmpty()) {
      closeGate("the dead-letter queue does not accept messages: " + result.failure());
    }
    return result.failed();
  }

  private void closeGate(String why) {
    failedNanos = System.nanoTime();
    gate.close(ReceiveGate.Hold.DEAD_LETTER_QUEUE, why);
  }

  /**
   * Closes the gate while a call hangs, and opens it some time after the last failure: all dead
   * letters may have been returned by then, so that only a new one can show that the queue accepts
   * them again. To be called once a second.
   */
  public void reconsider() {
    reconsider(System.nanoTime());
  }

  /** As {@link #reconsider()}, at a given {@link System#nanoTime}. */
  void reconsider(long now) {
    if (callBeganNanos.filter(began -> now - began > HANGS_NANOS).isPresent()) {
      closeGate("the dead-letter queue does not answer");
    } else if (now - failedNanos > QUIET_NANOS) {
      gate.open(ReceiveGate.Hold.DEAD_LETTER_QUEUE);
    }
  }

  private static void refuse(Encoded encoded, String why, List<Delivery> returned) {
    LOG.warn(
        "Cannot send a dead letter: {}. The message returns to the source queue, whose"
            + " redrive policy moves it unchanged. message={}",
        why,
        encoded.delivery().messageId());
    returned.add(encoded.delivery());
  }

  private boolean isOverdue(List<Encoded> left) {
    return left.stream().anyMatch(encoded -> encoded.delivery().isOverdue(limitNanos));
  }
}
