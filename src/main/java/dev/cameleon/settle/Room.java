package dev.cameleon.settle;

import java.util.concurrent.TimeUnit;

/**
 * The memory that messages may occupy from the receive to the outcome. A receive reserves what its
 * answer may need before it is sent: first the most that SQS allows, then what answers needed
 * lately. If the answer turns out larger, it waits unread until there is room. Thread-safe.
 */
final class Room {
  /** The most messages that SQS puts into one answer. */
  static final int MESSAGES_PER_RECEIVE = 10;

  /**
   * The most bytes of one message, attributes included (Amazon SQS quotas). No limit is documented
   * for a whole answer.
   */
  static final int LARGEST_MESSAGE_BYTES = 1 << 20;

  /**
   * How often the text of a message may be in memory at a time: its body, its masked fields, the
   * batch's JSON while it is built, the finished JSON, what the driver sends.
   */
  private static final int COPIES = 5;

  /** What one message needs beside its text: receipt handle, ids, exchange, headers. */
  private static final int OVERHEAD_BYTES = 1024;

  private static final char LAST_OF_LATIN_1 = 0xFF;

  private final long maxBytes;
  private long usedBytes;

  /** How many bytes the text of one message is expected to have: the largest seen lately. */
  private long expectedBytes = LARGEST_MESSAGE_BYTES;

  /** How many messages the next answer is expected to have: 10, or 1 at an empty queue. */
  private int expectedMessages = MESSAGES_PER_RECEIVE;

  private int answersWaiting;

  /**
   * Empty.
   *
   * @param maxBytes how many bytes may be occupied; what needs more than all of it gets all of it
   */
  Room(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** The memory of one message with this body, in bytes, at the most on its way. */
  static long bytesOf(String body) {
    return bytesOf(textBytes(body));
  }

  private static long bytesOf(long textBytes) {
    return OVERHEAD_BYTES + COPIES * textBytes;
  }

  /**
   * The memory of a text: a string has one byte per character, or two if one of them is not of
   * Latin-1.
   */
  static long textBytes(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > LAST_OF_LATIN_1) {
        return 2L * text.length();
      }
    }
    return text.length();
  }

  /** One receive's share, until what it brought is {@link #occupy occupied} instead. */
  final class Reservation implements AutoCloseable {
    private long bytes;
    private boolean declined;

    private Reservation(long bytes) {
      this.bytes = bytes;
    }

    /**
     * The answer has begun and has this many bytes: waits until there is room for it. No receive
     * begins meanwhile, so that what settles makes room for this one.
     *
     * @param millis how long at most
     * @return whether it may be read
     */
    boolean fit(long answerBytes, long millis) throws InterruptedException {
      synchronized (Room.this) {
        long needed = atMostAll(MESSAGES_PER_RECEIVE * OVERHEAD_BYTES + COPIES * answerBytes);
        if (needed <= bytes) {
          return true;
        }
        expectedBytes =
            Math.min(
                LARGEST_MESSAGE_BYTES, Math.max(expectedBytes, answerBytes / MESSAGES_PER_RECEIVE));
        expectedMessages = MESSAGES_PER_RECEIVE;
        free(bytes); // or two such answers would wait for each other
        bytes = 0;
        answersWaiting++;
        try {
          declined = !await(() -> needed, millis);
        } finally {
          answersWaiting--;
          Room.this.notifyAll();
        }
        if (!declined) {
          bytes = needed;
          usedBytes += needed;
        }
        return !declined;
      }
    }

    /** Whether there was no room for the answer, so that it was not read. */
    boolean isDeclined() {
      return declined;
    }

    @Override
    public void close() {
      synchronized (Room.this) {
        free(bytes);
        bytes = 0;
      }
    }
  }

  /** In what is used, waiting for whom it has room. */
  private interface Need {
    long bytes();
  }

  /**
   * Waits for room for one receive.
   *
   * @param millis how long at most
   * @return null if there was none
   */
  synchronized Reservation reserve(long millis) throws InterruptedException {
    Need need = () -> answersWaiting > 0 ? maxBytes + 1 : expected();
    if (!await(need, millis)) {
      return null;
    }
    Reservation reservation = new Reservation(expected());
    usedBytes += reservation.bytes;
    return reservation;
  }

  private long expected() {
    return atMostAll(expectedMessages * bytesOf(expectedBytes));
  }

  private long atMostAll(long bytes) {
    return Math.min(bytes, maxBytes);
  }

  private boolean await(Need need, long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long left = millis;
    while (usedBytes + need.bytes() > maxBytes && left > 0) {
      wait(left);
      left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    }
    return usedBytes + need.bytes() <= maxBytes;
  }

  /** So many bytes came in hand. */
  synchronized void occupy(long bytes) {
    usedBytes += bytes;
  }

  /**
   * An answer's largest text had this many bytes. What is expected rises at once and falls by an
   * eighth per answer: fast enough to allow all receives within a second, slow enough to remember a
   * large message among small ones for some answers.
   */
  synchronized void seen(long largest) {
    long before = expectedBytes;
    expectedMessages = MESSAGES_PER_RECEIVE;
    expectedBytes = Math.max(largest, before - before / 8);
    if (expectedBytes < before) {
      notifyAll();
    }
  }

  /**
   * An answer brought nothing. Who waits at an empty queue is answered as soon as a message is
   * there, mostly with that one: so several may wait there from the start.
   */
  synchronized void seenNothing() {
    if (expectedMessages > 1) {
      expectedMessages = 1;
      notifyAll();
    }
  }

  /** So many bytes are no longer in hand. */
  synchronized void vacate(long bytes) {
    free(bytes);
  }

  private void free(long bytes) {
    usedBytes -= bytes;
    notifyAll();
  }

  /** How much is occupied or reserved. */
  synchronized long usedBytes() {
    return usedBytes;
  }
}
