package dev.cameleon.dlq;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Counts dead letters by cause and field, in bounded memory. Thread-safe. */
public final class DeadLetterGroups {
  /** The field under which dead letters are counted when there is no room for another group. */
  public static final String OTHERS = "(others)";

  /**
   * Limits memory: a contract has few fields, but anybody who may send to the queue can write any
   * name.
   */
  static final int MOST = 1000;

  /**
   * Dead letters with one cause and field.
   *
   * @param cause why they failed
   * @param field the contract's name of the field, an empty string, {@link
   *     ReceivedDeadLetter#UNKNOWN} or {@link #OTHERS}
   * @param count how many
   * @param oldest when the oldest of them failed
   * @param newest when the newest of them failed
   * @param example the id of the newest
   */
  public record Group(
      DeadLetterReason cause,
      String field,
      long count,
      Instant oldest,
      Instant newest,
      String example) {
    private static Group of(ReceivedDeadLetter deadLetter, String field) {
      return new Group(
          deadLetter.cause(),
          field,
          1,
          deadLetter.failedAt(),
          deadLetter.failedAt(),
          deadLetter.id());
    }

    private Group and(Group other) {
      boolean later = other.newest.isAfter(newest);
      return new Group(
          cause,
          field,
          count + other.count,
          other.oldest.isBefore(oldest) ? other.oldest : oldest,
          later ? other.newest : newest,
          later ? other.example : example);
    }
  }

  private record Key(DeadLetterReason cause, String field) {}

  private final Map<Key, Group> groups = new HashMap<>();

  /** Counts a dead letter. */
  public synchronized void add(ReceivedDeadLetter deadLetter) {
    Key key = new Key(deadLetter.cause(), deadLetter.field());
    if (groups.size() >= MOST && !groups.containsKey(key)) {
      key = new Key(deadLetter.cause(), OTHERS);
    }
    groups.merge(key, Group.of(deadLetter, key.field()), Group::and);
  }

  /** The groups so far, the most frequent first. */
  public synchronized List<Group> list() {
    return groups.values().stream()
        .sorted(
            Comparator.comparingLong(Group::count)
                .reversed()
                .thenComparing(Group::cause)
                .thenComparing(Group::field))
        .toList();
  }
}
