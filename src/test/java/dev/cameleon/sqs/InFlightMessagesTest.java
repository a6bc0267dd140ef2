package dev.cameleon.sqs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.Message;

class InFlightMessagesTest {
  @Test
  void theAccountAddsUpAndADoubleSettlementChangesNothing() {
    InFlightMessages deliveries =
        new InFlightMessages(
            10, 1_000_000, new DeadLetterBrake(new ReceiveGate(), 100), MessageTracing.OFF);
    ReceivedMessages.one(deliveries, "a");
    ReceivedMessages.one(deliveries, "b");
    List<Delivery> inFlight = deliveries.rest();

    deliveries.settle(inFlight.subList(0, 1), Outcome.LOADED);
    deliveries.settle(inFlight.subList(0, 1), Outcome.RETURNED);

    assertThat(deliveries.account().received()).isEqualTo(2);
    assertThat(deliveries.account().count(Outcome.LOADED)).isEqualTo(1);
    assertThat(deliveries.account().count(Outcome.RETURNED)).isZero();
    assertThat(deliveries.account().inFlight()).isEqualTo(1);
    assertThat(deliveries.account().addsUp()).isTrue();
  }

  @Test
  void anAnswerWithAMessageThatCannotBeReadLeavesNothingInFlight() {
    InFlightMessages deliveries =
        new InFlightMessages(
            10, 1_000_000, new DeadLetterBrake(new ReceiveGate(), 100), MessageTracing.OFF);
    Message unread = ReceivedMessages.message("b").toBuilder().attributes(Map.of()).build();

    assertThatThrownBy(() -> deliveries.receive(List.of(ReceivedMessages.message("a"), unread), 0))
        .isInstanceOf(NumberFormatException.class);

    assertThat(deliveries.account().received()).isZero();
    assertThat(deliveries.bytes()).isZero();
  }

  private static boolean hasRoom(InFlightMessages deliveries) throws InterruptedException {
    try (MemoryBudget.Reservation room = deliveries.reserve(1)) {
      return room != null;
    }
  }

  @Test
  void thereIsNoRoomBeyondTheMessagesOrTheBytes() throws Exception {
    InFlightMessages few =
        new InFlightMessages(
            2, 1L << 30, new DeadLetterBrake(new ReceiveGate(), 100), MessageTracing.OFF);
    ReceivedMessages.one(few, "a");
    assertThat(hasRoom(few)).isTrue();
    ReceivedMessages.one(few, "b");
    assertThat(hasRoom(few)).isFalse();
    few.settle(few.rest(), Outcome.LOADED);
    assertThat(hasRoom(few)).isTrue();

    InFlightMessages small =
        new InFlightMessages(
            1000, 10_000, new DeadLetterBrake(new ReceiveGate(), 100), MessageTracing.OFF);
    ReceivedMessages.one(small, "x".repeat(9_000));
    assertThat(hasRoom(small)).isFalse();
    small.settle(small.rest(), Outcome.LOADED);
    assertThat(hasRoom(small)).isTrue();
    assertThat(small.bytes()).isZero();
  }
}
