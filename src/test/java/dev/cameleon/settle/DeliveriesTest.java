package dev.cameleon.settle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.Message;

class DeliveriesTest {
  @Test
  void theAccountAddsUpAndADoubleSettlementChangesNothing() {
    Deliveries deliveries = new Deliveries(10, 1_000_000, new Brake(new Gate(), 100));
    Received.one(deliveries, "a");
    Received.one(deliveries, "b");
    List<Delivery> inHand = deliveries.rest();

    deliveries.settle(inHand.subList(0, 1), Outcome.LOADED);
    deliveries.settle(inHand.subList(0, 1), Outcome.RETURNED);

    assertThat(deliveries.account().received()).isEqualTo(2);
    assertThat(deliveries.account().count(Outcome.LOADED)).isEqualTo(1);
    assertThat(deliveries.account().count(Outcome.RETURNED)).isZero();
    assertThat(deliveries.account().inFlight()).isEqualTo(1);
    assertThat(deliveries.account().addsUp()).isTrue();
  }

  @Test
  void anAnswerWithAMessageThatCannotBeReadLeavesNothingInHand() {
    Deliveries deliveries = new Deliveries(10, 1_000_000, new Brake(new Gate(), 100));
    Message unread = Received.message("b").toBuilder().attributes(Map.of()).build();

    assertThatThrownBy(() -> deliveries.receive(List.of(Received.message("a"), unread), 0))
        .isInstanceOf(NumberFormatException.class);

    assertThat(deliveries.account().received()).isZero();
    assertThat(deliveries.bytes()).isZero();
  }

  private static boolean hasRoom(Deliveries deliveries) throws InterruptedException {
    try (Room.Reservation room = deliveries.reserve(1)) {
      return room != null;
    }
  }

  @Test
  void thereIsNoRoomBeyondTheMessagesOrTheBytes() throws Exception {
    Deliveries few = new Deliveries(2, 1L << 30, new Brake(new Gate(), 100));
    Received.one(few, "a");
    assertThat(hasRoom(few)).isTrue();
    Received.one(few, "b");
    assertThat(hasRoom(few)).isFalse();
    few.settle(few.rest(), Outcome.LOADED);
    assertThat(hasRoom(few)).isTrue();

    Deliveries small = new Deliveries(1000, 10_000, new Brake(new Gate(), 100));
    Received.one(small, "x".repeat(9_000));
    assertThat(hasRoom(small)).isFalse();
    small.settle(small.rest(), Outcome.LOADED);
    assertThat(hasRoom(small)).isTrue();
    assertThat(small.bytes()).isZero();
  }
}
