package dev.cameleon.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import org.junit.jupiter.api.Test;

class GuardedTracingTest {
  /** Fails like an agent with incompatible classes. */
  private static final MessageTracing BROKEN =
      new MessageTracing() {
        @Override
        public void received(Delivery delivery) {
          throw new NoSuchMethodError("x");
        }

        @Override
        public void committed(Collection<Delivery> batch, int inserted, long beganNanos) {
          throw new IllegalStateException("x");
        }

        @Override
        public void settled(Delivery delivery, Outcome outcome) {
          throw new IllegalStateException("x");
        }
      };

  @Test
  void messagesAreReceivedAndSettledEvenIfTracingThrows() {
    MessageTracing tracing = new GuardedTracing(BROKEN);
    InFlightMessages messages =
        new InFlightMessages(10, 1_000_000, new DeadLetterBrake(new ReceiveGate(), 100), tracing);

    ReceivedMessages.one(messages, "a");
    ReceivedMessages.one(messages, "b");
    tracing.committed(messages.rest(), 2, System.nanoTime());
    messages.settle(messages.rest(), Outcome.LOADED);

    assertThat(messages.account().count(Outcome.LOADED)).isEqualTo(2);
    assertThat(messages.account().inFlight()).isZero();
    assertThat(messages.bytes()).isZero();
  }
}
