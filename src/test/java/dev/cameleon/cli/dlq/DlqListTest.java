package dev.cameleon.cli.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.contract.Violation;
import dev.cameleon.support.Commands;
import dev.cameleon.support.DeadLetterBox;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Shared;
import dev.cameleon.support.TestQueues;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code dlq list} as a process; afterwards the queue is as it was. */
class DlqListTest {
  private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");

  @TempDir private Path folder;

  private final TestQueues queues = TestQueues.create(30);
  private final DeadLetterBox box = DeadLetterBox.of(queues);
  private long sent;

  @AfterEach
  void allAreVisibleAgain() {
    assertThat(box.visible()).isEqualTo(sent);
    assertThat(box.hidden()).isZero();
  }

  @Test
  void deadLettersAreCountedByReasonAndFieldTheMostFrequentFirst() throws Exception {
    send(Violation.NOT_JSON, "", NOON);
    send(Violation.CONTRACT, "ip", NOON.plusSeconds(5));
    String newest = send(Violation.CONTRACT, "ip", NOON.plusSeconds(3600));
    send(Violation.CONTRACT, "ip", NOON.minusSeconds(60));
    String first = send(Violation.CONTRACT, "app_version", NOON);
    send(Violation.NOT_JSON, "", NOON.minusSeconds(1));
    String refused = send(Violation.DATA_REJECTED, "", NOON.plusMillis(999));

    Program.Result result = list("--all");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out().lines())
        .containsExactly(
            "  COUNT  REASON         FIELD        OLDEST                NEWEST               "
                + " EXAMPLE (THE NEWEST)",
            "      3  CONTRACT       ip           2026-11-20T11:59:00Z  2026-11-20T13:00:00Z  "
                + newest,
            result.out().lines().toList().get(2),
            "      1  CONTRACT       app_version  2026-11-20T12:00:00Z  2026-11-20T12:00:00Z  "
                + first,
            "      1  DATA_REJECTED  -            2026-11-20T12:00:00Z  2026-11-20T12:00:00Z  "
                + refused);
    assertThat(result.out().lines().toList().get(2))
        .startsWith("      2  NOT_JSON       -            2026-11-20T11:59:59Z  2026-11-20T12:0");
    assertThat(result.err().lines().filter(line -> !line.matches("(reading|returning): .*")))
        .containsExactly("next: dlq show " + newest + "  (one of them, redacted)");
  }

  @Test
  void anEmptyQueueIsReportedAsEmpty() throws Exception {
    Program.Result text = list();
    Program.Result json = list("--json");
    Program.Result each = list("--each", "--json");

    assertThat(text).isEqualTo(new Program.Result(0, "no dead letters\n", ""));
    assertThat(json.exitCode()).isZero();
    assertThat(json.out()).contains("\"read\":0,\"hidden\":0,\"complete\":true,\"groups\":[]");
    assertThat(each).isEqualTo(new Program.Result(0, "", ""));
  }

  @Test
  void onlyMatchingDeadLettersAreCounted() throws Exception {
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    String old = send(Violation.CONTRACT, "ip", now.minus(Duration.ofDays(2)));
    String recent = send(Violation.CONTRACT, "ip", now.minus(Duration.ofMinutes(30)));
    send(Violation.CONTRACT, "locale", now);
    send(Violation.NOT_JSON, "", now);

    assertThat(ids("--reason=contract", "--field=ip")).containsExactlyInAnyOrder(old, recent);
    assertThat(ids("--field", "ip", "--since", "2h")).containsExactly(recent);
    assertThat(ids("--field", "ip", "--since", now.minus(Duration.ofHours(1)).toString()))
        .containsExactly(recent);
    String day = now.minus(Duration.ofDays(2)).toString().substring(0, 10);
    assertThat(ids("--field", "ip", "--since", day)).containsExactlyInAnyOrder(old, recent);
    Program.Result none = list("--field=device_id");
    assertThat(none.exitCode()).isZero();
    assertThat(none.out()).isEqualTo("none of the 4 dead letters matches\n");
    assertThat(none.err()).doesNotContain("next:");
  }

  @Test
  void eachDeadLetterIsOneLine() throws Exception {
    String id = send(Violation.CONTRACT, "ip", NOON);

    Program.Result text = list("--each");
    JsonNode json = JsonMapper.builder().build().readTree(list("--each", "--json").out());

    assertThat(text.exitCode()).isZero();
    assertThat(text.out())
        .isEqualTo(
            "FAILED AT             REASON         FIELD             ID                             "
                + "       DETAIL\n"
                + "2026-11-20T12:00:00Z  CONTRACT       ip                "
                + id
                + "  breaks the contract's type \"x\"\n");
    assertThat(text.err()).contains("next: dlq show " + id);
    assertThat(json.get("id").asText()).isEqualTo(id);
    assertThat(json.get("reason").asText()).isEqualTo("CONTRACT");
    assertThat(json.get("field").asText()).isEqualTo("ip");
    assertThat(json.get("sql_state").isNull()).isTrue();
    assertThat(json.get("failed_at").asText()).isEqualTo("2026-11-20T12:00:00Z");
    assertThat(json.get("sent_at").asText()).isEqualTo("2026-11-20T11:59:59Z");
    assertThat(json.get("receive_count").asInt()).isEqualTo(1);
    assertThat(json.has("body")).isFalse();
  }

  @Test
  void aThousandAreReadByDefaultAndTheRestIsMentioned() throws Exception {
    box.fill(1203);
    sent = 1203;

    Program.Result usual = list();
    Program.Result few = list("--limit", "7", "--json");
    Program.Result all = list("--all", "--each", "--json");

    assertThat(usual.out()).contains("   1000  CONTRACT       ip ");
    assertThat(usual.err()).contains("note: read the first 1000 of about 1203; --all reads all");
    assertThat(few.out())
        .contains("\"read\":7,\"hidden\":0,\"complete\":false")
        .contains("\"count\":7");
    assertThat(few.err()).contains("note: read the first 7 of about 1203; --all reads all");
    assertThat(all.err()).doesNotContain("note:");
    Set<String> ids = new HashSet<>();
    all.out().lines().forEach(line -> assertThat(ids.add(line.substring(7, 43))).isTrue());
    assertThat(ids).hasSize(1203);
  }

  @Test
  void unknownFieldsAreBounded() throws Exception {
    for (int n = 0; n < 12; n++) {
      send(Violation.CONTRACT, n + "\u0009<script>", NOON);
    }
    send(Violation.CONTRACT, "x".repeat(100_000), NOON);

    Program.Result result = list("--json");

    JsonNode groups = JsonMapper.builder().build().readTree(result.out()).get("groups");
    assertThat(groups).hasSize(1);
    assertThat(groups.get(0).get("field").isNull()).isTrue();
    assertThat(groups.get(0).get("count").asInt()).isEqualTo(13);
  }

  @Test
  void aQueueOfAnotherNameIsReadAndNamedInTheHint() throws Exception {
    String id = send(Violation.CONTRACT, "ip", NOON);
    String name = box.url().substring(box.url().lastIndexOf('/') + 1);

    Program.Result result = list(Map.of("CAMELEON_DEAD_LETTER_QUEUE", "none"), "--queue", name);
    Program.Result missing = list("--queue", "no-such-queue");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.err()).contains("next: dlq show " + id + " --queue " + name + "  (");
    assertThat(missing.exitCode()).isEqualTo(2);
    assertThat(missing.out()).isEmpty();
    assertThat(missing.err()).contains("no queue no-such-queue");
  }

  @Test
  void wrongUsageReadsNothing() throws Exception {
    assertThat(refusal("--all", "--limit", "5")).contains("give --all or --limit, not both");
    assertThat(refusal("--limit", "0")).contains("--limit must be a whole number of at least 1");
    assertThat(refusal("--since", "yesterday")).contains("2026-11-20T10:00Z").contains("7d");
    assertThat(refusal("--since", "2026-11-20T10:00")).contains("2026-11-20T10:00Z");
    assertThat(refusal("--since", "99999999999999999999d")).contains("an age such as 90m");
    assertThat(refusal("--reason", "BAD")).contains("MAX_RECEIVES");
  }

  @Test
  void anUnreachableServiceIsReported() throws Exception {
    Program.Result result = list(Map.of("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), "--all");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains("SQS cannot be reached").contains("Connection refused");
  }

  @Test
  void aStopInTheMiddleReturnsAllWithinSeconds() throws Exception {
    box.fill(8000);
    sent = 8000;
    try (Program program = Program.start(environment(), folder, "dlq", "list", "--all")) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(10))
          .until(() -> box.hidden() > 500);
      program.terminate();
      Program.Result result = program.result();

      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.out()).isEmpty();
      assertThat(result.err())
          .contains("the dead letters in flight are made visible again first")
          .contains("cameleon: stopped; dead letters that were not deleted are visible again");
    }
  }

  private String send(Violation reason, String field, Instant failedAt) {
    sent++;
    return box.send(Events.body(1), DeadLetterBox.attributes(reason, field, failedAt));
  }

  private List<String> ids(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--each", "--json"));
    Program.Result result = list(all.toArray(new String[0]));
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result.out().lines().map(line -> line.substring(7, 43)).toList();
  }

  private String refusal(String... arguments) throws Exception {
    Program.Result result = list(arguments);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    return result.err();
  }

  private Program.Result list(String... arguments) throws Exception {
    return list(Map.of(), arguments);
  }

  private Program.Result list(Map<String, String> more, String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("dlq", "list"));
    all.addAll(List.of(arguments));
    Map<String, String> environment = environment();
    environment.putAll(more);
    return Commands.run(environment, folder, all.toArray(new String[0]));
  }

  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>(Shared.sqs().environment());
    environment.putAll(queues.environment());
    return environment;
  }
}
