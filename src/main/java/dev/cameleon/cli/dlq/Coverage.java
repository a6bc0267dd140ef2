package dev.cameleon.cli.dlq;

import dev.cameleon.dlq.DeadLetterReader;
import dev.cameleon.sqs.SqsQueue;
import java.util.ArrayList;
import java.util.List;

/**
 * How much of the queue was read.
 *
 * @param before the counts of SQS before reading: approximate
 * @param read how many dead letters were read
 * @param end why reading ended
 */
record Coverage(SqsQueue.Depth before, long read, DeadLetterReader.End end) {
  /** Whether all dead letters that SQS counted were read. */
  boolean isComplete() {
    // Reading may reach the limit exactly at the last dead letter.
    boolean ended = end == DeadLetterReader.End.EMPTY || end == DeadLetterReader.End.LIMIT;
    return ended && before.hidden() == 0 && read >= before.visible();
  }

  /** Why there is nothing to show or do. */
  String nothing() {
    if (read > 0) {
      return "none of the " + read + " dead letters matches";
    }
    return before.hidden() > 0
        ? "no dead letters are visible, " + before.hidden() + " are hidden"
        : "no dead letters";
  }

  /** Notes about dead letters that were not read, although the command line set no limit. */
  List<String> notes() {
    List<String> notes = new ArrayList<>();
    if (end == DeadLetterReader.End.MOST_HIDDEN) {
      notes.add(
          "only the first %d were read, because SQS allows no more in flight at a time; the others"
                  .formatted(read)
              + " are not included");
    }
    if (end == DeadLetterReader.End.EMPTY && read < before.visible()) {
      notes.add(
          "%d fewer were read than SQS counted as visible at the start (%d of about %d): the count"
                  .formatted(before.visible() - read, read, before.visible())
              + " is approximate, or another reader has them; if it matters, run the command"
              + " again");
    }
    return notes;
  }
}
