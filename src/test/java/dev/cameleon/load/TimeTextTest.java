package dev.cameleon.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TimeTextTest {
  @Test
  void theWrittenTextIsTheTime() {
    Random random = new Random(1);
    TimeText text = new TimeText();
    for (int i = 0; i < 10_000; i++) {
      Instant time =
          i % 10 == 0
              ? Instant.ofEpochSecond(random.nextLong(-99_999_999_999L, 9_999_999_999_999L))
              : Instant.ofEpochMilli(1_770_000_000_000L + random.nextInt(5_000));
      Instant finer = i % 7 == 0 ? time.plusNanos(random.nextInt(1_000_000)) : time;

      assertThat(Instant.parse(written(text, finer))).isEqualTo(finer);
    }
  }

  @Test
  void millisecondsHaveThreeDigits() {
    TimeText text = new TimeText();

    assertThat(
            List.of(0, 7, 70, 700).stream()
                .map(millis -> written(text, Instant.ofEpochMilli(millis))))
        .containsExactly(
            "1970-01-01T00:00:00.000Z",
            "1970-01-01T00:00:00.007Z",
            "1970-01-01T00:00:00.070Z",
            "1970-01-01T00:00:00.700Z");
  }

  private static String written(TimeText text, Instant time) {
    StringBuilder written = new StringBuilder();
    text.append(written, time);
    return written.toString();
  }
}
