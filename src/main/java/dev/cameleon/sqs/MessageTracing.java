package dev.cameleon.sqs;

import java.util.Collection;
import java.util.stream.Stream;

/** Follows each message from its receive to its outcome. Implementations are thread-safe. */
public interface MessageTracing {
  /** Follows nothing. */
  MessageTracing OFF =
      new MessageTracing() {
        @Override
        public void received(Delivery delivery) {}

        @Override
        public void committed(Collection<Delivery> batch, int inserted, long beganNanos) {}

        @Override
        public void settled(Delivery delivery, Outcome outcome) {}
      };

  /**
   * Tracing by OpenTelemetry if the process has any of its settings, that is, a variable {@code
   * OTEL_…} or a system property {@code otel.…}; else {@link #OFF}, which loads none of its
   * classes.
   *
   * @param queue the name of the source queue
   */
  static MessageTracing of(String queue) {
    boolean set =
        Stream.concat(
                System.getenv().keySet().stream(),
                System.getProperties().stringPropertyNames().stream())
            .anyMatch(name -> name.startsWith("OTEL_") || name.startsWith("otel."));
    return set ? new GuardedTracing(MessageSpans.of(queue)) : OFF;
  }

  /** A message was received. */
  void received(Delivery delivery);

  /**
   * A statement was committed.
   *
   * @param batch its messages, which are in flight
   * @param inserted how many of them were new
   * @param beganNanos when this attempt to load them began, by {@link System#nanoTime}
   */
  void committed(Collection<Delivery> batch, int inserted, long beganNanos);

  /** A message has an outcome, and is no longer in flight. */
  void settled(Delivery delivery, Outcome outcome);
}
