package dev.cameleon.load;

import java.time.Instant;

/**
 * Writes times as ISO 8601 in UTC, which PostgreSQL reads. Formats each second once for consecutive
 * times within it, which is the usual case in a batch.
 */
final class TimeText {
  private static final int NANOS_PER_MILLI = 1_000_000;

  private long second = Long.MIN_VALUE;
  private String untilSecond = "";

  /** Appends a time. */
  void append(StringBuilder text, Instant time) {
    if (time.getNano() % NANOS_PER_MILLI != 0) {
      text.append(time); // never from SQS, which counts milliseconds
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
