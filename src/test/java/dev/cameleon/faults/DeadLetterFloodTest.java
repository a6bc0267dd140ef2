package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The messages of a wrong queue do not all end in the dead-letter queue within minutes. */
class DeadLetterFloodTest {
  private static final String HOLD = "DEAD_LETTER_FLOOD";
  private static final int MESSAGES = 1500;
  private static final int IN_FLIGHT = 50;
  private static final int POLLERS = 4;

  /**
   * Half of the window, the messages in flight or being received at that time, and two slow
   * batches.
   */
  private static final int MOST_DEAD_LETTERS = 501 + IN_FLIGHT + POLLERS * 10 + 2 * 10;

  @TempDir private Path folder;

  @Test
  void aFloodOfDeadLettersSlowsReceivingDownAndReadinessSaysSo() throws Exception {
    Site site = site();
    Traffic traffic = new Traffic(site).send(MESSAGES, 1);

    try (Run run = Run.on(site)) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> run.health().ready().problems().containsKey(HOLD));
      Awaitility.await().until(() -> run.account().inFlight() == 0);
      Awaitility.await()
          .during(Duration.ofSeconds(5))
          .until(() -> run.account().count(Outcome.DEAD_LETTERED) <= MOST_DEAD_LETTERS);
      assertThat(run.account().count(Outcome.DEAD_LETTERED)).isGreaterThan(500);
    }
    assertThat(site.queues().deadLetters()).isBetween(501L, (long) MOST_DEAD_LETTERS);
    assertThat(site.messages()).as("queue + rows + dead letters").isEqualTo(traffic.malformed());
  }

  @Test
  void withTheBrakeDisabledTheFloodGoesThrough() throws Exception {
    Site site = site().with("CAMELEON_DEAD_LETTER_BRAKE", "100");
    Traffic traffic = new Traffic(site).send(MESSAGES, 1);

    try (Run run = Run.on(site)) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .failFast(() -> run.health().ready().problems().containsKey(HOLD))
          .until(() -> run.account().count(Outcome.DEAD_LETTERED) == MESSAGES);
      traffic.awaitGone();
    }
    traffic.assertArrivedOnce();
  }

  private Site site() {
    return Site.in(folder)
        .with("CAMELEON_IN_FLIGHT_MESSAGES", Integer.toString(IN_FLIGHT))
        .with("CAMELEON_POLLERS", Integer.toString(POLLERS));
  }
}
