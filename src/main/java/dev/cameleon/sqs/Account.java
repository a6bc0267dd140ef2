package dev.cameleon.sqs;

import java.util.Map;

/**
 * Counts every message that this process received, by its outcome. At all times {@code received =
 * loaded + duplicate + ignored + dead_lettered + returned + in_flight}.
 *
 * @param received how many messages were received; a message that is received twice counts twice
 * @param outcomes how many messages ended with each outcome
 * @param inFlight how many messages are in flight
 * @param oldestSentMillis when the oldest message in flight was sent, in milliseconds since 1970; 0
 *     if none is in flight
 */
public record Account(
    long received, Map<Outcome, Long> outcomes, long inFlight, long oldestSentMillis) {

  /** How many messages ended with this outcome. */
  public long count(Outcome outcome) {
    return outcomes.get(outcome);
  }

  /** Whether every received message has an outcome or is in flight. */
  public boolean addsUp() {
    return received == inFlight + outcomes.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * Age of the oldest message in flight, since it was sent, in seconds; 0 if none is in flight.
   *
   * @param nowMillis milliseconds since 1970
   */
  public double oldestSeconds(long nowMillis) {
    return inFlight == 0 ? 0 : Math.max(0, nowMillis - oldestSentMillis) / 1000.0;
  }

  /** Formats the counts as one line for the log. */
  @Override
  public String toString() {
    return String.format(
        java.util.Locale.ROOT,
        "received %,d = loaded %,d + duplicate %,d + ignored %,d + dead-lettered %,d + returned %,d + in flight %,d",
        received,
        count(Outcome.LOADED),
        count(Outcome.DUPLICATE),
        count(Outcome.IGNORED),
        count(Outcome.DEAD_LETTERED),
        count(Outcome.RETURNED),
        inFlight);
  }
}
