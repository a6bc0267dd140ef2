package dev.cameleon.demo;

import dev.cameleon.demo.SampleEvents.Malformed;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was sent to the source queue.
 *
 * @param logins valid events
 * @param again how many of them were sent once more, as a replay does
 * @param malformed what can never be loaded, by the message id that it was sent under
 */
public record Sent(int logins, int again, Map<String, Malformed> malformed) {
  /** Keeps its own copy. */
  public Sent {
    malformed = new LinkedHashMap<>(malformed);
  }

  /** All messages. */
  public int total() {
    return logins + again + malformed.size();
  }

  /** How many of the malformed ones are dead letters with the right reason. */
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
