package dev.cameleon.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReturnDelayTest {
  @ParameterizedTest(name = "received {0} times, others succeed: {1}")
  @CsvSource({
    "1, true, 5",
    "2, true, 10",
    "3, true, 20",
    "7, true, 300",
    "1000, true, 300",
    "1, false, 5",
    "2, false, 300",
    "3, false, 300"
  })
  void aFailedMessageStaysAwayLongerEachTimeAndLongestIfNothingSucceeds(
      int receiveCount, boolean others, int seconds) {
    assertThat(Acknowledger.delaySeconds(receiveCount, others)).isEqualTo(seconds);
  }
}
