package dev.cameleon.demo;

import dev.cameleon.demo.SampleEvents.Malformed;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The messages sent to the source queue.
 *
 * @param logins valid events
 * @param again how many of them were sent a second time, like a replay
 * @param malformed the messages that can never be loaded, by message id
 */
public record Sent(int logins, int again, Map<String, Malformed> malformed) {
  /** Keeps its own copy. */
  public Sent {
    malformed = new LinkedHashMap<>(malformed);
  }

  /** The number of all messages. */
  public int total() {
    return logins + again + malformed.size();
  }

  /** How many malformed messages became dead letters with the right reason. */
  long understood(List<Results.DeadLetter> deadLetters) {
    List<String> found = new ArrayList<>();
    for (Results.DeadLetter deadLetter : deadLetters) {
      Malformed sample = malformed.get(deadLetter.sourceMessageId());
      if (sample != null && sample.reason().name().equals(deadLetter.reason())) {
        found.add(deadLetter.sourceMessageId());
      }
    }
    return found.stream().distinct().count();
  }
}
