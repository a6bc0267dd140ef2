package dev.cameleon.sqs;

import java.util.Map;

/**
 * What became of every message that this process received. At all times {@code received = loaded +
 * duplicate + dead_lettered + returned + in_flight}.
 *
 * @param received receipts so far
 * @param outcomes how many ended in which way
 * @param inFlight how many are in flight
 * @param oldestSentMillis when the oldest message in flight was sent, in milliseconds since 1970; 0
 *     if none is in flight
 */
public record Account(
    long received, Map<Outcome, Long> outcomes, long inFlight, long oldestSentMillis) {

  /** How many ended in this way. */
  public long count(Outcome outcome) {
    return outcomes.get(outcome);
  }

  /** Whether every message received is accounted for. */
  public boolean addsUp() {
    return received == inFlight + outcomes.values().stream().mapToLong(Long::longValue).sum();
  }

  /** One line for people. */
  @Override
  public String toString() {
    return String.format(
        java.util.Locale.ROOT,
        "received %,d = loaded %,d + duplicate %,d + dead-lettered %,d + returned %,d + in flight %,d",
        received,
        count(Outcome.LOADED),
        count(Outcome.DUPLICATE),
        count(Outcome.DEAD_LETTERED),
        count(Outcome.RETURNED),
        inFlight);
  }
}
