package dev.cameleon.settle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

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
  void thereIsNoRoomBeyondTheMessagesOrTheBytes() throws Exception {
    Deliveries few = new Deliveries(2, 1_000_000, new Brake(new Gate(), 100));
    Received.one(few, "a");
    assertThat(few.awaitRoom(1)).isTrue();
    Received.one(few, "b");
    assertThat(few.awaitRoom(1)).isFalse();
    few.settle(few.rest(), Outcome.LOADED);
    assertThat(few.awaitRoom(1)).isTrue();

    Deliveries small = new Deliveries(1000, 10_000, new Brake(new Gate(), 100));
    Received.one(small, "x".repeat(9_000));
    assertThat(small.awaitRoom(1)).isFalse();
  }
}
