package dev.cameleon.desk;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Letters counted by cause and field. */
class GroupsTest {
  private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");

  private final Groups groups = new Groups();

  @Test
  void theMostFrequentGroupIsFirstAndItsNewestLetterIsTheExample() {
    groups.add(letter("a", Cause.NOT_JSON, "", NOON));
    groups.add(letter("b", Cause.CONTRACT, "ip", NOON.plusSeconds(2)));
    groups.add(letter("c", Cause.CONTRACT, "ip", NOON.plusSeconds(9)));
    groups.add(letter("d", Cause.CONTRACT, "ip", NOON.plusSeconds(5)));

    assertThat(groups.list())
        .containsExactly(
            new Groups.Group(
                Cause.CONTRACT, "ip", 3, NOON.plusSeconds(2), NOON.plusSeconds(9), "c"),
            new Groups.Group(Cause.NOT_JSON, "", 1, NOON, NOON, "a"));
  }

  @Test
  void fieldsBeyondTheBoundAreCountedTogether() {
    for (int n = 0; n < 5 * Groups.MOST; n++) {
      groups.add(letter("id", Cause.CONTRACT, "field_" + n, NOON));
    }
    groups.add(letter("known", Cause.CONTRACT, "field_7", NOON));

    List<Groups.Group> list = groups.list();
    assertThat(list).hasSize(Groups.MOST + 1);
    assertThat(list.get(0).field()).isEqualTo(Groups.OTHERS);
    assertThat(list.get(0).count()).isEqualTo(4L * Groups.MOST);
    assertThat(list.get(1).field()).isEqualTo("field_7");
    assertThat(list.get(1).count()).isEqualTo(2);
  }

  private static Letter letter(String id, Cause cause, String field, Instant failedAt) {
    return new Letter(id, cause, field, "", "", id, "", failedAt, failedAt, 1, false, "{}");
  }
}
