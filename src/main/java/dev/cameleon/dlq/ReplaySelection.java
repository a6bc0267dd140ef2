package dev.cameleon.dlq;

import dev.cameleon.sqs.OutgoingMessage;
import dev.cameleon.sqs.SenderAttributes;
import dev.cameleon.sqs.SourceMessage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Selects dead letters that can be replayed: each message once, however many dead letters it has
 * and however often it fails meanwhile. Thread-safe.
 */
public final class ReplaySelection {
  private final Bodies bodies;
  private final String sourceQueue;
  private final int maxBytes;
  private final Instant oldest;
  private final boolean named;
  private final Set<String> seen = ConcurrentHashMap.newKeySet();
  private final Map<SkipReason, LongAdder> left = new EnumMap<>(SkipReason.class);

  /**
   * A message to send.
   *
   * @param message the message
   * @param sender the attributes that its first sender gave it
   * @param deadLetters the dead letters to delete once it is sent: its own, and others with the
   *     same body, which a crash can leave
   */
  record Candidate(
      OutgoingMessage message, SenderAttributes sender, List<ReceivedDeadLetter> deadLetters) {
    ReceivedDeadLetter deadLetter() {
      return deadLetters.get(0);
    }
  }

  /**
   * Selects dead letters for one source queue.
   *
   * @param sourceQueue the name of the queue that they would be sent to
   * @param maxBytes the largest message that it accepts
   * @param oldest a message sent before this may have been loaded, and its id deleted from the
   *     ledger
   * @param named whether the operator named each dead letter by its id, which permits an unknown
   *     origin
   */
  public ReplaySelection(
      Bodies bodies, String sourceQueue, int maxBytes, Instant oldest, boolean named) {
    this.bodies = bodies;
    this.sourceQueue = sourceQueue;
    this.maxBytes = maxBytes;
    this.oldest = oldest;
    this.named = named;
    for (SkipReason why : SkipReason.values()) {
      left.put(why, new LongAdder());
    }
  }

  /**
   * The dead letters of a page that can be sent. Duplicates of a message are included only if they
   * were read together, before it is sent: a later one may be a new failure of the replay.
   */
  List<Candidate> select(List<ReceivedDeadLetter> page) {
    Map<String, Candidate> candidates = new LinkedHashMap<>();
    for (ReceivedDeadLetter deadLetter : page) {
      Candidate same = candidates.get(deadLetter.sourceMessageId());
      Optional<String> body = bodies.original(deadLetter);
      Optional<SenderAttributes> sender = bodies.attributes(deadLetter);
      Optional<OutgoingMessage> message =
          body.flatMap(text -> sender.map(some -> message(deadLetter, text, some)));
      Optional<SkipReason> obstacle = obstacle(deadLetter, sender, message);
      if (obstacle.isPresent()) {
        leave(obstacle.get(), 1);
      } else if (same != null && same.message().hasContentOf(message.orElseThrow())) {
        same.deadLetters().add(deadLetter);
      } else if (seen.add(deadLetter.sourceMessageId())) {
        candidates.put(
            deadLetter.sourceMessageId(),
            new Candidate(
                message.orElseThrow(), sender.orElseThrow(), new ArrayList<>(List.of(deadLetter))));
      } else {
        leave(SkipReason.REPLAYED_BEFORE, 1);
      }
    }
    return List.copyOf(candidates.values());
  }

  private Optional<SkipReason> obstacle(
      ReceivedDeadLetter deadLetter,
      Optional<SenderAttributes> sender,
      Optional<OutgoingMessage> message) {
    if (deadLetter.cause() == DeadLetterReason.UNKNOWN && !named) {
      return Optional.of(SkipReason.UNKNOWN_ORIGIN);
    }
    if (!deadLetter.sourceQueue().isEmpty() && !deadLetter.sourceQueue().equals(sourceQueue)) {
      return Optional.of(SkipReason.OTHER_QUEUE);
    }
    if (deadLetter.sentAt().isBefore(oldest)) {
      return Optional.of(SkipReason.TOO_OLD);
    }
    if (message.isEmpty()) {
      return Optional.of(SkipReason.SEALED);
    }
    if (!named && !sender.orElseThrow().leftOut().isEmpty()) {
      return Optional.of(SkipReason.INCOMPLETE);
    }
    return message.get().bytes() > maxBytes ? Optional.of(SkipReason.TOO_LARGE) : Optional.empty();
  }

  private static OutgoingMessage message(
      ReceivedDeadLetter deadLetter, String body, SenderAttributes sender) {
    OutgoingMessage message =
        new SourceMessage(deadLetter.sourceMessageId(), deadLetter.sentAt()).replay(body, sender);
    // If a replay is cut off before its delete, SQS drops the second attempt; a replay that fails
    // again makes a dead letter with another id.
    return deadLetter.group().isEmpty()
        ? message
        : message.at(new OutgoingMessage.Place(deadLetter.group(), "replay-" + deadLetter.id()));
  }

  void leave(SkipReason why, long deadLetters) {
    left.get(why).add(deadLetters);
  }

  /** How many dead letters are skipped, by reason. */
  public Map<SkipReason, Long> left() {
    Map<SkipReason, Long> counts = new EnumMap<>(SkipReason.class);
    left.forEach(
        (why, count) -> {
          if (count.sum() > 0) {
            counts.put(why, count.sum());
          }
        });
    return counts;
  }
}
