package dev.cameleon.cli.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.contract.Violation;
import dev.cameleon.support.DeadLetterBox;
import dev.cameleon.support.Program;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.Message;

/** {@code dlq purge} as a process: it deletes exactly the counted dead letters. */
class DlqPurgeTest extends DlqFixture {
  private static final Instant OLD = Instant.parse("2026-01-02T03:04:05Z");

  private String send(Violation reason, String field, Instant failedAt) {
    return box().send(PLANTED, DeadLetterBox.attributes(reason, field, failedAt));
  }

  @Test
  void onlyOldDeadLettersOfTheReasonAreDeleted() throws Exception {
    List<String> kept = new ArrayList<>();
    for (int n = 0; n < 25; n++) {
      send(Violation.CONTRACT, n % 2 == 0 ? "ip" : "device_id", OLD.plusSeconds(n));
    }
    kept.add(send(Violation.NOT_JSON, "", OLD));
    kept.add(send(Violation.CONTRACT, "ip", Instant.now().minus(6, ChronoUnit.DAYS)));

    Program.Result purged = dlq("purge", "--reason=contract", "--older-than=7d", "--yes");

    assertThat(purged.exitCode()).as(purged.err()).isZero();
    assertThat(purged.out()).isEqualTo("deleted 25 of 25\n");
    assertThat(notes(purged)).isEmpty();
    assertVisible(2);
    assertThat(site().queues().takeDeadLetters())
        .extracting(Message::messageId)
        .containsExactlyInAnyOrderElementsOf(kept);
  }

  @Test
  void aFieldNarrowsItAndAScriptGetsTheCounts() throws Exception {
    send(Violation.CONTRACT, "ip", OLD);
    String kept = send(Violation.CONTRACT, "device_id", OLD);

    Program.Result purged =
        dlq("purge", "--reason=CONTRACT", "--field=ip", "--older-than=1s", "--yes", "--json");

    assertThat(JsonMapper.builder().build().readTree(purged.out()).toString())
        .isEqualTo("{\"found\":1,\"deleted\":1,\"hidden\":0}");
    assertVisible(1);
    assertThat(site().queues().takeDeadLetters())
        .extracting(Message::messageId)
        .containsExactly(kept);
  }

  @Test
  void withoutATerminalItReportsTheNumberAndDeletesNone() throws Exception {
    send(Violation.NOT_JSON, "", OLD);
    send(Violation.NOT_JSON, "", OLD.plusSeconds(60));
    send(Violation.CONTRACT, "ip", OLD);

    Program.Result refused = dlq("purge", "--reason=NOT_JSON", "--older-than=7d");

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.out()).isEmpty();
    assertThat(notes(refused))
        .containsExactly(
            "cameleon: this would delete 2 of 3 dead letters of "
                + sourceQueue()
                + "-dlq for good (reason NOT_JSON, failed from 2026-01-02T03:04:05Z to"
                + " 2026-01-02T03:05:05Z); nothing was done: there is no terminal to ask"
                + " on, so confirm with --yes");
    assertVisible(3);
  }

  @Test
  void itNeedsAReasonAndAnAgeAndRefusesTheSourceQueue() throws Exception {
    send(Violation.NOT_JSON, "", OLD);
    site().queues().send(List.of("{}"));

    for (String[] arguments :
        List.of(
            new String[] {"purge", "--yes"},
            new String[] {"purge", "--yes", "--reason=NOT_JSON"},
            new String[] {"purge", "--yes", "--older-than=7d"},
            new String[] {"purge", "--yes", "--reason=NOT_JSON", "--older-than=7"},
            new String[] {"purge", "--yes", "--reason=OTHER", "--older-than=7d"},
            new String[] {"purge", "--yes", "--reason=NOT_JSON", "--older-than=0s"},
            new String[] {"purge", "--yes", "--reason=NOT_JSON", "--older-than=999ms"},
            new String[] {
              "purge", "--yes", "--reason=UNKNOWN", "--older-than=1s", "--queue", sourceQueue()
            })) {
      Program.Result refused = dlq(arguments);

      assertThat(refused.exitCode()).as(refused.err()).isEqualTo(2);
      assertThat(refused.out()).isEmpty();
    }
    assertVisible(1);
    assertThat(site().queues().visible()).isEqualTo(1);
  }
}
