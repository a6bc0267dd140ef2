package dev.cameleon.sqs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
  private static final long MEGABYTE = 1 << 20;

  private final MemoryBudget room = new MemoryBudget(64 * MEGABYTE);

  @Test
  void atFirstOneReceiveIsAllowedBecauseItMayBringTheMost() throws Exception {
    try (MemoryBudget.Reservation first = room.reserve(1)) {
      assertThat(first).isNotNull();
      assertThat(room.usedBytes()).isGreaterThan(10 * 5 * MEGABYTE);
      assertThat(room.reserve(1)).isNull();
    }
    assertThat(room.usedBytes()).isZero();
  }

  @Test
  void severalMayWaitAtAQueueThatIsEmptyFromTheStart() throws Exception {
    room.seenNothing();
    for (int receive = 0; receive < 8; receive++) {
      assertThat(room.reserve(1)).as("receive %d", receive).isNotNull();
    }
  }

  @Test
  void theFirstMessageAtAnEmptyQueueIsTakenForOneOfMany() throws Exception {
    room.seenNothing();
    room.seen(MEGABYTE);
    assertThat(room.reserve(1)).isNotNull();
    assertThat(room.reserve(1)).isNull();
  }

  @Test
  void smallMessagesSoonAllowAllReceives() throws Exception {
    for (int answer = 0; answer < 40; answer++) {
      room.seen(170);
    }
    for (int receive = 0; receive < 96; receive++) {
      assertThat(room.reserve(1)).as("receive %d", receive).isNotNull();
    }
  }

  @Test
  void aLargeMessageIsExpectedAgainAtOnce() throws Exception {
    for (int answer = 0; answer < 100; answer++) {
      room.seen(170);
    }
    room.seen(MEGABYTE);
    assertThat(room.reserve(1)).isNotNull();
    assertThat(room.reserve(1)).isNull();
  }

  @Test
  void aStringOutsideLatin1CountsTwice() {
    assertThat(MemoryBudget.textBytes("aé")).isEqualTo(2);
    assertThat(MemoryBudget.textBytes("aя")).isEqualTo(4);
  }

  @Test
  void aReceiveThatNeedsMoreThanTheLimitGetsThroughAlone() throws Exception {
    MemoryBudget small = new MemoryBudget(1000);
    try (MemoryBudget.Reservation one = small.reserve(1)) {
      assertThat(one).isNotNull();
      assertThat(one.fit(MEGABYTE, 1)).isTrue();
    }
  }

  @Test
  void anAnswerThatIsTooLargeWaitsUntilOthersAreSettledAndNoReceiveOvertakesIt() throws Exception {
    for (int answer = 0; answer < 100; answer++) {
      room.seen(170);
    }
    room.occupy(60 * MEGABYTE);
    MemoryBudget.Reservation receive = room.reserve(1);
    CompletableFuture<Boolean> fits = CompletableFuture.supplyAsync(() -> fit(receive));
    await().until(() -> room.reserve(1) == null);
    assertThat(fits).isNotDone();
    room.vacate(60 * MEGABYTE, 0);
    await().until(fits::isDone);
    assertThat(fits).isCompletedWithValue(true);
    receive.close();
    assertThat(room.usedBytes()).isLessThan(MEGABYTE);
  }

  @Test
  void anAnswerThatFindsNoRoomInTimeIsDeclinedAndLeavesNothingReserved() throws Exception {
    MemoryBudget.Reservation receive = room.reserve(1);
    room.occupy(60 * MEGABYTE);
    assertThat(receive.fit(11 * MEGABYTE, 1)).isFalse();
    assertThat(receive.isDeclined()).isTrue();
    receive.close();
    assertThat(room.usedBytes()).isEqualTo(60 * MEGABYTE);
  }

  @Test
  void aLargeAnswerNeedsNoRoomOfReceivesThatWaitAtAnEmptyQueue() throws Exception {
    room.seenNothing();
    MemoryBudget.Reservation answered = room.reserve(1);
    List<MemoryBudget.Reservation> waiting = new ArrayList<>();
    for (int receive = 0; receive < 8; receive++) {
      waiting.add(room.reserve(1));
    }
    assertThat(answered.fit(10 * MEGABYTE, 1)).isTrue();
    // The next answer waits in turn, so that the limit holds.
    assertThat(waiting.get(0).fit(10 * MEGABYTE, 1)).isFalse();
    assertThat(waiting.get(1).fit(MEGABYTE, 1)).isTrue();
    answered.close();
    waiting.forEach(MemoryBudget.Reservation::close);
    assertThat(room.usedBytes()).isZero();
  }

  @Test
  void aMessageOfManyEventsIsProcessedAloneAndNoReceiveOvertakesTheNext() throws Exception {
    long bytes = MemoryBudget.eventBytesOf("{\"a\":1},".repeat(131_072));
    assertThat(bytes).isGreaterThan(60 * MEGABYTE);
    assertThat(MemoryBudget.eventBytesOf("{\"one\": 1}")).isZero();
    room.seenNothing();
    room.occupy(50 * MEGABYTE);
    room.admit(bytes);
    CompletableFuture<Void> next = CompletableFuture.runAsync(() -> admit(bytes));
    await().until(() -> room.reserve(1) == null);
    assertThat(next).isNotDone();

    room.vacate(50 * MEGABYTE, bytes);

    await().until(next::isDone);
    assertThat(room.usedBytes()).isEqualTo(bytes);
    room.vacate(0, bytes);
    room.admit(MEGABYTE);
    room.admit(MEGABYTE);
    assertThat(room.usedBytes()).isEqualTo(2 * MEGABYTE);
  }

  private void admit(long bytes) {
    try {
      room.admit(bytes);
    } catch (InterruptedException e) {
      throw new CompletionException(e);
    }
  }

  private static boolean fit(MemoryBudget.Reservation receive) {
    try {
      return receive.fit(10 * MEGABYTE, 60_000);
    } catch (InterruptedException e) {
      throw new CompletionException(e);
    }
  }
}
