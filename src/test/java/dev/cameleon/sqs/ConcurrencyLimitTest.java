package dev.cameleon.sqs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class ConcurrencyLimitTest {
  private final List<Integer> limits = new ArrayList<>();
  private volatile boolean room = true;
  private final ConcurrencyLimit limit = new ConcurrencyLimit(64, () -> room, limits::add);

  @Test
  void beginsWithFew() {
    assertThat(limit.limit()).isLessThan(64);
    assertThat(limits).containsExactly(limit.limit());
  }

  @Test
  void growsToTheMostWhileReceivesBringManyAndTheProcessorHasRoom() {
    await()
        .untilAsserted(
            () -> {
              limit.busy();
              assertThat(limit.limit()).isEqualTo(64);
            });
    assertThat(limits).isSorted().endsWith(64);
  }

  @Test
  void doesNotGrowFromOneBurstAlone() {
    int before = limit.limit();
    for (int i = 0; i < 1000; i++) {
      limit.busy();
    }
    assertThat(limit.limit()).isLessThan(before + 64 / 2);
  }

  @Test
  void staysWhileTheProcessorIsBusyAndGrowsOnceItIsNot() {
    room = false;
    int before = limit.limit();
    await().during(java.time.Duration.ofMillis(400)).until(() -> busyAt(before));
    room = true;
    await().until(() -> !busyAt(before));
  }

  private boolean busyAt(int expected) {
    limit.busy();
    return limit.limit() == expected;
  }

  @Test
  void fallsBackToFewAtAnEmptyQueue() {
    int least = limit.limit();
    await()
        .until(
            () -> {
              limit.busy();
              return limit.limit() == 64;
            });
    await()
        .until(
            () -> {
              limit.empty();
              return limit.limit() == least;
            });
  }

  @Test
  void allowsNoMoreThanTheLimitAndTheNextOnceOneIsReleased() throws Exception {
    for (int i = 0; i < limit.limit(); i++) {
      limit.acquire();
    }
    CompletableFuture<Void> next = CompletableFuture.runAsync(this::acquire);
    await().during(java.time.Duration.ofMillis(200)).until(() -> !next.isDone());
    limit.release();
    await().until(next::isDone);
    assertThat(next).isCompleted();
  }

  @Test
  void neverAllowsMoreThanWasAskedFor() {
    assertThat(new ConcurrencyLimit(1, () -> true, limits::add).limit()).isEqualTo(1);
  }

  private void acquire() {
    try {
      limit.acquire();
    } catch (InterruptedException e) {
      throw new CompletionException(e);
    }
  }
}
