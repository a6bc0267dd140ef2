package dev.cameleon.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.demo.Results.Counts;
import dev.cameleon.demo.Results.DeadLetter;
import dev.cameleon.demo.Results.Repeated;
import dev.cameleon.demo.SampleEvents.Malformed;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ReportTest {
  private static final String LOG =
      "2026-11-22T10:00:00.000Z INFO  Summary  Ended: received 1,014 = loaded 1,000 + duplicate 2"
          + " + ignored 0 + dead-lettered 12 + returned 0 + in flight 0\n";

  private static final SampleEvents SAMPLES = new SampleEvents(3);
  private static final List<Malformed> MALFORMED = SAMPLES.malformed();

  private static Sent sent() {
    Map<String, Malformed> malformed = new LinkedHashMap<>();
    MALFORMED.forEach(sample -> malformed.put("id-" + malformed.size(), sample));
    return new Sent(1000, 2, malformed);
  }

  private static List<DeadLetter> deadLetters() {
    List<DeadLetter> deadLetters = new ArrayList<>();
    sent()
        .malformed()
        .forEach((id, sample) -> deadLetters.add(new DeadLetter(id, sample.reason().name())));
    return deadLetters;
  }

  private static Results results(
      Counts counts, long rows, long left, List<DeadLetter> deadLetters) {
    List<String> row = List.of("3fa85f64-5717", "ios", "ip_x", "device_x", "DE", "2");
    Repeated repeated = new Repeated(5, 2, List.of(List.of("ip_x", "9", "2026-11-22")));
    return new Results(
        counts,
        rows,
        left,
        List.of(row),
        repeated,
        repeated,
        0,
        SampleEvents.SPELLINGS,
        1,
        true,
        deadLetters);
  }

  private static boolean good(Counts counts, long rows, long left, List<DeadLetter> deadLetters) {
    return new Report(sent(), results(counts, rows, left, deadLetters)).good();
  }

  @Test
  @DisplayName("the account is read from the application's last line")
  void readsTheAccount() {
    assertThat(Counts.of(LOG)).isEqualTo(new Counts(1014, 1000, 2, 12, 0, 0));
  }

  @Test
  @DisplayName("a log without the last line is a failure")
  void noAccount() {
    assertThatThrownBy(() -> Counts.of("Started\n")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  @DisplayName("the run is good when everything adds up")
  void addsUp() {
    assertThat(good(Counts.of(LOG), 1000, 0, deadLetters())).isTrue();
  }

  @Test
  @DisplayName("one row too few or too many, a left message or a missing dead letter is noticed")
  void doesNotAddUp() {
    // given
    Counts counts = Counts.of(LOG);
    List<DeadLetter> oneShort = deadLetters().subList(1, deadLetters().size());
    // when, then
    assertThat(good(counts, 999, 0, deadLetters())).isFalse();
    assertThat(good(counts, 1001, 0, deadLetters())).isFalse();
    assertThat(good(counts, 1000, 1, deadLetters())).isFalse();
    assertThat(good(counts, 1000, 0, oneShort)).isFalse();
    assertThat(good(new Counts(1014, 1000, 1, 12, 1, 0), 1000, 0, deadLetters())).isFalse();
  }

  @Test
  @DisplayName("a dead letter with the wrong reason is noticed")
  void wrongReason() {
    // given
    List<DeadLetter> deadLetters = new ArrayList<>(deadLetters());
    DeadLetter first = deadLetters.get(0);
    deadLetters.set(0, new DeadLetter(first.sourceMessageId(), "OTHER"));
    // when, then
    assertThat(good(Counts.of(LOG), 1000, 0, deadLetters)).isFalse();
  }

  @Test
  @DisplayName("no line of the summary holds a value of a message or is wider than a terminal")
  void revealsNothing() throws Exception {
    // when
    List<String> lines =
        new Report(sent(), results(Counts.of(LOG), 1000, 0, deadLetters())).lines();
    // then
    assertThat(lines).hasSizeLessThan(60).allSatisfy(line -> assertThat(line).hasSizeLessThan(101));
    for (Malformed sample : MALFORMED) {
      for (String part : sample.body().split("[^A-Za-z0-9_.:-]+", -1)) {
        if (part.length() > 6 && !SampleEvents.FIELDS.contains(part)) {
          assertThat(String.join("\n", lines)).doesNotContain(part);
        }
      }
    }
  }
}
