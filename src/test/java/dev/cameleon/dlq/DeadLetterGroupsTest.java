package dev.cameleon.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Dead letters counted by cause and field. */
class DeadLetterGroupsTest {
  private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");

  private final DeadLetterGroups groups = new DeadLetterGroups();

  @Test
  void theMostFrequentGroupIsFirstAndItsNewestDeadLetterIsTheExample() {
    groups.add(deadLetter("a", DeadLetterReason.NOT_JSON, "", NOON));
    groups.add(deadLetter("b", DeadLetterReason.CONTRACT, "ip", NOON.plusSeconds(2)));
    groups.add(deadLetter("c", DeadLetterReason.CONTRACT, "ip", NOON.plusSeconds(9)));
    groups.add(deadLetter("d", DeadLetterReason.CONTRACT, "ip", NOON.plusSeconds(5)));

    assertThat(groups.list())
        .containsExactly(
            new DeadLetterGroups.Group(
                DeadLetterReason.CONTRACT, "ip", 3, NOON.plusSeconds(2), NOON.plusSeconds(9), "c"),
            new DeadLetterGroups.Group(DeadLetterReason.NOT_JSON, "", 1, NOON, NOON, "a"));
  }

  @Test
  void fieldsBeyondTheBoundAreCountedTogether() {
    for (int n = 0; n < 5 * DeadLetterGroups.MOST; n++) {
      groups.add(deadLetter("id", DeadLetterReason.CONTRACT, "field_" + n, NOON));
    }
    groups.add(deadLetter("known", DeadLetterReason.CONTRACT, "field_7", NOON));

    List<DeadLetterGroups.Group> list = groups.list();
    assertThat(list).hasSize(DeadLetterGroups.MOST + 1);
    assertThat(list.get(0).field()).isEqualTo(DeadLetterGroups.OTHERS);
    assertThat(list.get(0).count()).isEqualTo(4L * DeadLetterGroups.MOST);
    assertThat(list.get(1).field()).isEqualTo("field_7");
    assertThat(list.get(1).count()).isEqualTo(2);
  }

  private static ReceivedDeadLetter deadLetter(
      String id, DeadLetterReason cause, String field, Instant failedAt) {
    return new ReceivedDeadLetter(
        id, cause, field, "", "", id, "", failedAt, failedAt, 1, false, "{}", "", "");
  }
}
