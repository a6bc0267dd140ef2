package dev.cameleon.sqs;

import java.util.concurrent.TimeUnit;

/**
 * Limits the memory of messages from receive to outcome. Before a receive is sent it reserves what
 * its answer may need: at first the most that SQS allows, later as much as recent answers needed.
 * The real size is known when an answer begins, and the answer waits unread until that much is
 * free. Receives that wait on an empty queue reserve little. Thread-safe.
 */
final class MemoryBudget {
  /** The most messages in one answer of SQS. */
  static final int MESSAGES_PER_RECEIVE = 10;

  /**
   * The largest message in bytes, attributes included (Amazon SQS quotas). No limit is documented
   * for a whole answer.
   */
  static final int LARGEST_MESSAGE_BYTES = 1 << 20;

  /**
   * How many copies of a message's text may be in memory at a time: its body, its masked fields,
   * the batch's JSON while it is built, the finished JSON, and the driver's send buffer.
   */
  private static final int COPIES = 5;

  /** Bytes per message besides its text: receipt handle, ids, exchange, headers. */
  private static final int OVERHEAD_BYTES = 1024;

  /**
   * Bytes per event beyond the first, besides its text: 340 measured while a message is parsed and
   * masked, and 370 while it is loaded, mostly ids and times in the batch's JSON.
   */
  private static final int EVENT_BYTES = 512;

  private static final char LAST_OF_LATIN_1 = 0xFF;

  private final long maxBytes;

  /** Bytes of messages in flight and of answers being read. */
  private long usedBytes;

  /** The part of {@link #usedBytes} for the events of messages that are being processed. */
  private long eventBytes;

  /** Bytes reserved for receives whose answer has not begun. */
  private long reservedBytes;

  /** The expected size of one message's text in bytes: the largest seen recently. */
  private long expectedBytes = LARGEST_MESSAGE_BYTES;

  /** How many messages the next answer is expected to have: 10, or 1 on an empty queue. */
  private int expectedMessages = MESSAGES_PER_RECEIVE;

  /** Answers and messages that wait for memory; meanwhile no receive starts. */
  private int waiting;

  /**
   * Starts empty.
   *
   * @param maxBytes the limit in bytes; a reservation that needs more gets all of it
   */
  MemoryBudget(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** The most memory that a message with this body needs until it is loaded, in bytes. */
  static long bytesOf(String body) {
    return bytesOf(textBytes(body));
  }

  static long bytesOf(long textBytes) {
    return OVERHEAD_BYTES + COPIES * textBytes;
  }

  /**
   * The memory of a text in bytes: one per character, or two if any character is outside Latin-1.
   */
  static long textBytes(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > LAST_OF_LATIN_1) {
        return 2L * text.length();
      }
    }
    return text.length();
  }

  /**
   * The memory that processing the events of this body needs, in bytes. Counts braces, so nested
   * objects count as events, too.
   */
  static long eventBytesOf(String body) {
    long further = -1;
    for (int at = body.indexOf('{'); at >= 0; at = body.indexOf('{', at + 1)) {
      further++;
    }
    return EVENT_BYTES * Math.max(0, further);
  }

  /** The memory of one receive, until its messages {@link #occupy} memory instead. */
  final class Reservation implements AutoCloseable {
    private long bytes;
    private boolean answered;
    private boolean declined;

    private Reservation(long bytes) {
      this.bytes = bytes;
      reservedBytes += bytes;
    }

    /**
     * Waits until there is memory for an answer that has begun. No new receive starts meanwhile, so
     * that memory freed goes to this answer.
     *
     * @param answerBytes the answer's length
     * @param millis how long at most
     * @return whether the answer may be read
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
        waiting++;
        try {
          declined = !await(() -> usedBytes + needed, millis);
        } finally {
          waiting--;
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

    /** Whether there was no memory for the answer, so that it was not read. */
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

  /** The bytes that would be in use if the waiting caller proceeded. */
  private interface Total {
    long bytes();
  }

  /**
   * Waits until there is memory for one receive.
   *
   * @param millis how long at most
   * @return null if there was none in time
   */
  synchronized Reservation reserve(long millis) throws InterruptedException {
    Total total = () -> waiting > 0 ? maxBytes + 1 : usedBytes() + expected();
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

  /** Counts bytes of messages that are now in flight. */
  synchronized void occupy(long bytes) {
    usedBytes += bytes;
  }

  /**
   * Adapts the expected size to the largest text of an answer, in bytes. It rises at once and falls
   * by an eighth per answer: fast enough to allow all receives within a second, slow enough to
   * remember a large message among small ones for some answers.
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
   * Expects one message per answer from now on: a receive that waits on an empty queue is answered
   * as soon as a message arrives, mostly with that one, so several may wait there from the start.
   */
  synchronized void seenNothing() {
    if (expectedMessages > 1) {
      expectedMessages = 1;
      notifyAll();
    }
  }

  /**
   * Waits until there is memory for a message's events, or until no other message has any, so that
   * a message that needs more than the limit gets through alone.
   *
   * @param bytes {@link #eventBytesOf} its body
   */
  synchronized void admit(long bytes) throws InterruptedException {
    waiting++;
    try {
      while (eventBytes > 0 && usedBytes + bytes > maxBytes) {
        wait();
      }
    } finally {
      waiting--;
      notifyAll();
    }
    eventBytes += bytes;
    usedBytes += bytes;
  }

  /**
   * Frees bytes of messages that are settled.
   *
   * @param ofEvents bytes that {@link #admit} took
   */
  synchronized void vacate(long bytes, long ofEvents) {
    usedBytes -= bytes + ofEvents;
    eventBytes -= ofEvents;
    notifyAll();
  }

  /** The bytes occupied or reserved. */
  synchronized long usedBytes() {
    return usedBytes + reservedBytes;
  }
}
