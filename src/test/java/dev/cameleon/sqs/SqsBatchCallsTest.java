package dev.cameleon.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The entries and bytes of one call; the tests of faults cover answers. */
class SqsBatchCallsTest {
  private static final int HALF = SqsBatchCalls.MAX_CALL_BYTES / 2;

  @Test
  void tenEntriesGoIntoOneCall() {
    List<Integer> all = IntStream.range(0, 21).boxed().toList();

    assertThat(SqsBatchCalls.chunks(all))
        .containsExactly(all.subList(0, 10), all.subList(10, 20), all.subList(20, 21));
    assertThat(SqsBatchCalls.chunks(List.of())).isEmpty();
  }

  @Test
  void aCallIsFilledUpToItsLastByte() {
    assertThat(SqsBatchCalls.chunks(List.of(HALF, HALF, 1, HALF, HALF), size -> size))
        .containsExactly(List.of(HALF, HALF), List.of(1, HALF), List.of(HALF));
  }

  @Test
  void anEntryLargerThanACallGoesAlone() {
    assertThat(SqsBatchCalls.chunks(List.of(1, 3 * HALF, 1), size -> size))
        .containsExactly(List.of(1), List.of(3 * HALF), List.of(1));
  }
}
