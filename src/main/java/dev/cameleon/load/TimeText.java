package dev.cameleon.load;

import java.time.Instant;

/**
 * Writes times as ISO 8601 in UTC, which PostgreSQL reads. It formats a second once for all times
 * that follow within it, as most of a batch do.
 */
final class TimeText {
  private static final int NANOS_PER_MILLI = 1_000_000;

  private long second = Long.MIN_VALUE;
  private String untilSecond = "";

  /** Appends a time. */
  void append(StringBuilder text, Instant time) {
    if (time.getNano() % NANOS_PER_MILLI != 0) {
      text.append(time); // not from SQS, which counts milliseconds
      return;
    }
    if (time.getEpochSecond() != second) {
      second = time.getEpochSecond();
      String whole = Instant.ofEpochSecond(second).toString();
      untilSecond = whole.substring(0, whole.length() - 1); // without the Z
    }
    int millis = time.getNano() / NANOS_PER_MILLI;
    text.append(untilSecond)
        .append(millis < 100 ? ".0" : ".")
        .append(millis < 10 ? "0" : "")
        .append(millis)
        .append('Z');
  }
}
