package dev.cameleon.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DeadLetterBrakeTest {
  private final ReceiveGate gate = new ReceiveGate();

  @Test
  void moreThanHalfOfTheLastThousandPutsItOnAndGoodMessagesTakeItOff() throws Exception {
    DeadLetterBrake brake = new DeadLetterBrake(gate, 50);
    settle(brake, Outcome.DEAD_LETTERED, 500);
    assertThat(gate.holds()).isEmpty();

    settle(brake, Outcome.DEAD_LETTERED, 1);
    assertThat(gate.isClosed(ReceiveGate.Hold.DEAD_LETTER_FLOOD)).isTrue();

    settle(brake, Outcome.RETURNED, 2000);
    // 499 messages fill the window; then the dead letters are overwritten, down to four fifths of
    // the limit.
    settle(brake, Outcome.LOADED, 499 + 101);
    assertThat(gate.isClosed(ReceiveGate.Hold.DEAD_LETTER_FLOOD)).isTrue();
    settle(brake, Outcome.LOADED, 1);
    assertThat(gate.isClosed(ReceiveGate.Hold.DEAD_LETTER_FLOOD)).isFalse();
  }

  @Test
  void itSlowsReceivingAndDoesNotShutIt() throws Exception {
    DeadLetterBrake brake = new DeadLetterBrake(gate, 50);
    settle(brake, Outcome.DEAD_LETTERED, 251);
    settle(brake, Outcome.IGNORED, 250);

    gate.start();
    assertThat(gate.awaitOpen(() -> false)).isTrue();
    assertThat(brake.takeTurn()).isTrue();
    assertThat(brake.takeTurn()).isFalse();
  }

  @Test
  void aHundredPercentDisablesIt() {
    DeadLetterBrake brake = new DeadLetterBrake(gate, 100);
    settle(brake, Outcome.DEAD_LETTERED, 5000);

    assertThat(gate.holds()).isEmpty();
    assertThat(brake.takeTurn()).isTrue();
  }

  private static void settle(DeadLetterBrake brake, Outcome outcome, int times) {
    for (int i = 0; i < times; i++) {
      brake.settled(outcome);
    }
  }
}
