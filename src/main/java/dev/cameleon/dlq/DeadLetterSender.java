package dev.cameleon.dlq;

import dev.cameleon.contract.Violation;
import dev.cameleon.crypto.SealedBody;
import dev.cameleon.sqs.Acknowledger;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.OutgoingMessage;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.sqs.SendBatchResult;
import dev.cameleon.sqs.SqsErrors;
import dev.cameleon.sqs.SqsQueue;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

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

  private final SqsClient sqs;
  private final SqsQueue queue;
  private final SqsQueue source;
  private final Optional<BodySealing> sealing;
  private final ReceiveGate gate;
  private final Acknowledger acknowledger;
  private final long limitNanos;
  private volatile long failedNanos = System.nanoTime();

  /** When the running call began; empty between calls. */
  private volatile Optional<Long> callBeganNanos = Optional.empty();

  private final Map<Violation, LongAdder> accepted = new EnumMap<>(Violation.class);

  /**
   * Sends to one dead-letter queue.
   *
   * @param queue the dead-letter queue
   * @param source the queue that the messages came from
   * @param sealing how bodies are sealed; empty: they are sent as they came
   * @param limitNanos the longest that a message is kept in flight
   */
  public DeadLetterSender(
      SqsClient sqs,
      SqsQueue queue,
      SqsQueue source,
      Optional<BodySealing> sealing,
      ReceiveGate gate,
      Acknowledger acknowledger,
      long limitNanos) {
    this.limitNanos = limitNanos;
    this.sqs = sqs;
    this.queue = queue;
    this.source = source;
    this.sealing = sealing;
    this.gate = gate;
    this.acknowledger = acknowledger;
    for (Violation reason : Violation.values()) {
      accepted.put(reason, new LongAdder());
    }
  }

  /** How many dead letters with this reason were accepted so far. */
  public long accepted(Violation reason) {
    return accepted.get(reason).sum();
  }

  /**
   * Sends dead letters and waits for the answer to each. Messages whose dead letters cannot be sent
   * are returned to the source queue.
   *
   * @return the messages whose dead letters were accepted: they may be deleted
   */
  public List<Delivery> send(List<DeadLetter> deadLetters) throws InterruptedException {
    List<Delivery> done = new ArrayList<>();
    List<Delivery> refused = new ArrayList<>();
    List<DeadLetter.Encoded> left = new ArrayList<>();
    for (DeadLetter deadLetter : deadLetters) {
      DeadLetter.Encoded encoded = encoded(deadLetter);
      if (encoded.bytes() <= queue.maxBytes()) {
        left.add(encoded);
      } else {
        String size = sealing.isPresent() ? "sealed, it" : "it";
        refuse(deadLetter.delivery(), size + " is larger than the queue accepts", refused);
      }
    }
    while (!left.isEmpty()) {
      List<DeadLetter.Encoded> again = new ArrayList<>();
      for (List<DeadLetter.Encoded> call : OutgoingMessage.calls(left, DeadLetter.Encoded::bytes)) {
        again.addAll(send(call, done, refused));
      }
      left = again;
      if (left.isEmpty()) {
        gate.open(ReceiveGate.Hold.DEAD_LETTER_QUEUE);
      } else if (gate.isStopping() || isOverdue(left)) {
        for (DeadLetter.Encoded encoded : left) {
          refused.add(encoded.of().delivery());
        }
        break; // reconsider() lets the next dead letter try
      } else {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    }
    acknowledger.postponed(refused);
    return done;
  }

  private DeadLetter.Encoded encoded(DeadLetter deadLetter) {
    Optional<SealedBody> sealed = sealing.map(seal -> seal.seal(deadLetter.delivery().body()));
    return deadLetter.encoded(sealed, source.name(), Instant.now(), queue.maxBytes());
  }

  /** Makes one call; returns the dead letters to be retried. */
  private List<DeadLetter.Encoded> send(
      List<DeadLetter.Encoded> call, List<Delivery> done, List<Delivery> refused) {
    List<SendMessageBatchRequestEntry> entries = new ArrayList<>();
    for (int i = 0; i < call.size(); i++) {
      entries.add(
          SendMessageBatchRequestEntry.builder()
              .id(Integer.toString(i))
              .messageBody(call.get(i).body())
              .messageAttributes(call.get(i).values())
              .build());
    }
    List<DeadLetter.Encoded> again = new ArrayList<>(call);
    callBeganNanos = Optional.of(System.nanoTime());
    try {
      SendBatchResult answer =
          SendBatchResult.of(
              sqs.sendMessageBatch(request -> request.queueUrl(queue.url()).entries(entries)),
              entries.size());
      again.clear();
      for (int i = 0; i < call.size(); i++) {
        DeadLetter.Encoded encoded = call.get(i);
        if (answer.accepted().contains(i)) {
          done.add(encoded.of().delivery());
          accepted.get(encoded.of().reason()).increment();
        } else if (answer.refused().containsKey(i)) {
          refuse(encoded.of().delivery(), "SQS answered " + answer.refused().get(i), refused);
        } else {
          again.add(encoded);
          closeGate("the dead-letter queue answered " + answer.failed().get(i));
        }
      }
    } catch (SdkException e) {
      closeGate("the dead-letter queue does not accept messages: " + SqsErrors.describe(e));
    } finally {
      callBeganNanos = Optional.empty();
    }
    return again;
  }

  private void closeGate(String why) {
    failedNanos = System.nanoTime();
    gate.close(ReceiveGate.Hold.DEAD_LETTER_QUEUE, why);
  }

  /**
   * Closes the gate while a call hangs, and opens it some time after the last failure: all dead
   * letters may have been returned, and then only a new one can show that the queue accepts again.
   * To be called once a second.
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

  private static void refuse(Delivery delivery, String why, List<Delivery> refused) {
    LOG.warn(
        "Cannot send a dead letter: {}. The message returns to the source queue, whose"
            + " redrive policy moves it unchanged. message={}",
        why,
        delivery.messageId());
    refused.add(delivery);
  }

  private boolean isOverdue(List<DeadLetter.Encoded> encodedLetters) {
    return encodedLetters.stream()
        .anyMatch(encoded -> encoded.of().delivery().isOverdue(limitNanos));
  }
}
