package dev.cameleon.sqs;

import java.util.concurrent.TimeUnit;

/**
 * The memory that messages may occupy from the receive to the outcome. A receive reserves what its
 * answer may need before it is sent: first the most that SQS allows, then what answers needed
 * lately. What an answer needs is known when it begins, and it waits unread until there is room
 * beside what is in memory; receives that wait at an empty queue need none yet. Thread-safe.
 */
final class MemoryBudget {
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

  /** What was read and is not settled, and the answers that are being read. */
  private long usedBytes;

  /** What receives need at the most that are not answered yet, as far as is known. */
  private long reservedBytes;

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
  MemoryBudget(long maxBytes) {
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
    private boolean answered;
    private boolean declined;

    private Reservation(long bytes) {
      this.bytes = bytes;
      reservedBytes += bytes;
    }

    /**
     * The answer has begun and has this many bytes: waits until there is room for it. No receive
     * begins meanwhile, so that what settles makes room for this one.
     *
     * @param millis how long at most
     * @return whether it may be read
     */
    boolean fit(long answerBytes, long millis) throws InterruptedException {
      synchronized (MemoryBudget.this) {
        long needed = atMostAll(MESSAGES_PER_RECEIVE * OVERHEAD_BYTES + COPIES * answerBytes);
        if (needed > bytes) {
          expectedBytes =
              Math.min(
                  LARGEST_MESSAGE_BYTES,
                  Math.max(expectedBytes, answerBytes / MESSAGES_PER_RECEIVE));
          expectedMessages = MESSAGES_PER_RECEIVE;
        }
        close();
        answered = true;
        answersWaiting++;
        try {
          declined = !await(() -> usedBytes + needed, millis);
        } finally {
          answersWaiting--;
          MemoryBudget.this.notifyAll();
        }
        if (!declined) {
          bytes = needed;
          usedBytes += needed;
        }
        return !declined;
      }
    }

    /** Whether the answer has begun. */
    boolean isAnswered() {
      synchronized (MemoryBudget.this) {
        return answered;
      }
    }

    /** Whether there was no room for the answer, so that it was not read. */
    boolean isDeclined() {
      return declined;
    }

    @Override
    public void close() {
      synchronized (MemoryBudget.this) {
        if (answered) {
          usedBytes -= bytes;
        } else {
          reservedBytes -= bytes;
        }
        bytes = 0;
        MemoryBudget.this.notifyAll();
      }
    }
  }

  /** How many bytes there would be, with those of who waits. */
  private interface Total {
    long bytes();
  }

  /**
   * Waits for room for one receive.
   *
   * @param millis how long at most
   * @return null if there was none
   */
  synchronized Reservation reserve(long millis) throws InterruptedException {
    Total total = () -> answersWaiting > 0 ? maxBytes + 1 : usedBytes() + expected();
    return await(total, millis) ? new Reservation(expected()) : null;
  }

  private long expected() {
    return atMostAll(expectedMessages * bytesOf(expectedBytes));
  }

  private long atMostAll(long bytes) {
    return Math.min(bytes, maxBytes);
  }

  private boolean await(Total total, long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long left = millis;
    while (total.bytes() > maxBytes && left > 0) {
      wait(left);
      left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    }
    return total.bytes() <= maxBytes;
  }

  /** So many bytes came in flight. */
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

  /** So many bytes are no longer in flight. */
  synchronized void vacate(long bytes) {
    usedBytes -= bytes;
    notifyAll();
  }

  /** How much is occupied or reserved. */
  synchronized long usedBytes() {
    return usedBytes + reservedBytes;
  }
}
