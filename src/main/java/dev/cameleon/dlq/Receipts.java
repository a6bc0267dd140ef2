package dev.cameleon.dlq;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The receipt handles of hidden messages, with the time until which each is valid. If reading is
 * slow, a message may become visible and be received again. Thread-safe.
 */
final class Receipts {
  private record Receipt(String handle, long untilNanos) {}

  private final Map<String, Receipt> receipts = new ConcurrentHashMap<>();
  private final AtomicLong again = new AtomicLong();

  /**
   * Records a receive.
   *
   * @param id the message's id
   * @param untilNanos when the message becomes visible again, by {@link System#nanoTime}
   * @return whether the message was not hidden before
   */
  boolean add(String id, String handle, long untilNanos) {
    boolean added = receipts.put(id, new Receipt(handle, untilNanos)) == null;
    again.updateAndGet(count -> added ? 0 : count + 1);
    return added;
  }

  /** Whether all messages were received a second time, so that no new ones are expected. */
  boolean cameAgain() {
    return again.get() > receipts.size();
  }

  void remove(String id) {
    receipts.remove(id);
  }

  String handle(String id) {
    return receipts.get(id).handle();
  }

  int size() {
    return receipts.size();
  }

  List<String> ids() {
    return List.copyOf(receipts.keySet());
  }

  /** The ids whose messages have not become visible again. */
  List<String> stillHidden(List<String> ids) {
    long now = System.nanoTime();
    return ids.stream().filter(id -> receipts.get(id).untilNanos() - now > 0).toList();
  }
}
