package dev.cameleon.dlq;

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
 * Which letters can go back to the source queue: each message once, however many letters it has and
 * however often it fails meanwhile. Thread-safe.
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
   * @param message what to send
   * @param letters what becomes superfluous by it: the letter, and others with the same body, which
   *     a crash can leave
   */
  record Candidate(ReplayMessage message, List<ReceivedDeadLetter> letters) {
    ReceivedDeadLetter letter() {
      return letters.get(0);
    }
  }

  /**
   * Makes one.
   *
   * @param sourceQueue the name of the queue that they would go to
   * @param maxBytes the largest message that it accepts
   * @param oldest what was sent before may have been loaded and forgotten
   * @param named whether somebody named each letter by its id: then it may be of unknown origin
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
   * Those of a page that can be sent. Others of the same message come with them only if they were
   * read together, before it is sent: a later one may have come back.
   */
  List<Candidate> screen(List<ReceivedDeadLetter> page) {
    Map<String, Candidate> candidates = new LinkedHashMap<>();
    for (ReceivedDeadLetter letter : page) {
      Candidate same = candidates.get(letter.sourceMessageId());
      Optional<String> body = bodies.original(letter);
      Optional<SkipReason> obstacle = obstacle(letter, body);
      if (obstacle.isPresent()) {
        leave(obstacle.get(), 1);
      } else if (same != null && same.message().body().equals(body.orElseThrow())) {
        same.letters().add(letter);
      } else if (seen.add(letter.sourceMessageId())) {
        candidates.put(
            letter.sourceMessageId(),
            new Candidate(message(letter, body.orElseThrow()), new ArrayList<>(List.of(letter))));
      } else {
        leave(SkipReason.REPLAYED_BEFORE, 1);
      }
    }
    return List.copyOf(candidates.values());
  }

  private Optional<SkipReason> obstacle(ReceivedDeadLetter letter, Optional<String> body) {
    if (letter.cause() == DeadLetterReason.UNKNOWN && !named) {
      return Optional.of(SkipReason.UNKNOWN_ORIGIN);
    }
    if (!letter.sourceQueue().isEmpty() && !letter.sourceQueue().equals(sourceQueue)) {
      return Optional.of(SkipReason.OTHER_QUEUE);
    }
    if (letter.sentAt().isBefore(oldest)) {
      return Optional.of(SkipReason.TOO_OLD);
    }
    if (body.isEmpty()) {
      return Optional.of(SkipReason.SEALED);
    }
    return message(letter, body.get()).bytes() > maxBytes
        ? Optional.of(SkipReason.TOO_LARGE)
        : Optional.empty();
  }

  private static ReplayMessage message(ReceivedDeadLetter letter, String body) {
    return new ReplayMessage(letter.sourceMessageId(), letter.sentAt(), body);
  }

  void leave(SkipReason why, long letters) {
    left.get(why).add(letters);
  }

  /** How many are left, and why. */
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
