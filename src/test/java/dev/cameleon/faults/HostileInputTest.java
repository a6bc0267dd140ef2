package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.Message;

/**
 * Thousands of malformed and borderline messages with good ones between them. To repeat a failure,
 * pass the printed seed: {@code -Dseed=…}.
 */
class HostileInputTest {
  private static final int HOSTILE = System.getProperty("soak") == null ? 2_000 : 100_000;
  private static final int GOOD_EACH = 10;
  private static final int ENORMOUS_EACH = 1500;

  /** The promise is a few seconds: one or two are measured, the rest is for a busy machine. */
  private static final double MOST_SECONDS = 8;

  private static final int SQS_BYTES = 1 << 20;
  private static final Set<String> REASONS = Set.of("NOT_JSON", "CONTRACT", "DATA_REJECTED");

  @TempDir private Path folder;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Set<String> sent = new HashSet<>();
  private final Map<String, Instant> good = new HashMap<>();

  @Test
  void everyMessageIsLoadedOrDeadLetteredWithAReasonAndNothingStopsOrLeaks() throws Exception {
    System.out.println("HostileInputTest: -Dseed=" + seed);
    Site site = Site.in(folder).with("CAMELEON_DEAD_LETTER_BRAKE", "100");
    String log;
    try (Program program = Program.start(site.environment(), folder, "run")) {
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> Scraped.isReady(program));
      sendAll(site.queues());
      awaitSettled(program);
      assertThat(program.isAlive()).isTrue();
      assertThat(Scraped.isReady(program)).isTrue();
      Scraped end = Scraped.of(program);
      assertThat(end.outcome("returned") + end.outcome("duplicate")).isZero();
      assertThat(end.sum("cameleon_received_total")).isEqualTo(sent.size());
      program.terminate();
      Program.Result result = program.result();
      assertThat(result.exitCode()).isZero();
      log = result.err() + result.out();
    }

    Set<String> loaded = ledger(site);
    Map<String, Message> deadLetters = deadLetters(site.queues().deadLetterUrl());
    Set<String> either = new HashSet<>(loaded);
    either.addAll(deadLetters.keySet());
    assertThat(loaded.size() + deadLetters.size()).as("-Dseed=%s", seed).isEqualTo(sent.size());
    assertThat(either).isEqualTo(sent);
    assertThat(loaded).containsAll(good.keySet()).hasSizeGreaterThan(good.size());
    assertThat(slowestSeconds(site))
        .as("a good message's way, in seconds")
        .isLessThan(MOST_SECONDS);
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(loaded.size());
    assertThat(site.queues().left()).isZero();
    for (String planted : HostileMessages.PLANTED) {
      assertThat(log.contains(planted)).as("%s is in the log", planted).isFalse();
    }
    assertThat(deadLetters.values()).allSatisfy(HostileInputTest::assertExplained);
    assertThat(deadLetters.values())
        .extracting(deadLetter -> TestQueues.attribute(deadLetter, "reason"))
        .contains(REASONS.toArray(String[]::new));
  }

  private void sendAll(TestQueues queues) {
    HostileMessages hostile = new HostileMessages(seed);
    List<String> bodies = new ArrayList<>();
    // Rare among the others: a character that PostgreSQL refuses.
    bodies.add(Events.login(0).put("user_id", "a\u0000b").toString());
    for (int n = 0; n < HOSTILE; n++) {
      bodies.add(n % ENORMOUS_EACH == 0 ? hostile.enormous(n) : hostile.next(n));
      if (bodies.size() == GOOD_EACH - 1 || n == HOSTILE - 1) {
        bodies.add(Events.body(n));
        good.put(send(queues, bodies), Instant.now());
        bodies.clear();
      }
    }
  }

  /** Sends in calls of at most one mebibyte; returns the last one's id. */
  private String send(TestQueues queues, List<String> bodies) {
    String last = "";
    int from = 0;
    for (int to = 1; to <= bodies.size(); to++) {
      if (to == bodies.size() || bytes(bodies.subList(from, to + 1)) > SQS_BYTES) {
        List<String> ids = queues.send(bodies.subList(from, to));
        sent.addAll(ids);
        last = ids.get(ids.size() - 1);
        from = to;
      }
    }
    return last;
  }

  private static int bytes(List<String> bodies) {
    return bodies.stream().mapToInt(body -> body.getBytes(StandardCharsets.UTF_8).length).sum();
  }

  private void awaitSettled(Program program) {
    Awaitility.await("all settled, -Dseed=" + seed)
        .atMost(Duration.ofMinutes(3))
        .until(
            () -> {
              Scraped now = Scraped.of(program);
              return now.sum("cameleon_in_flight_messages") == 0
                  && now.outcome("loaded") + now.outcome("dead_lettered") >= sent.size();
            });
  }

  private static void assertExplained(Message deadLetter) {
    assertThat(REASONS).contains(TestQueues.attribute(deadLetter, "reason"));
    deadLetter
        .messageAttributes()
        .forEach(
            (name, value) ->
                assertThat(HostileMessages.PLANTED)
                    .noneMatch(planted -> value.stringValue().contains(planted)));
  }

  private double slowestSeconds(Site site) {
    double slowest = 0;
    for (List<String> row :
        site.database()
            .query(
                "SELECT message_id, extract(epoch FROM ingested_at)"
                    + " FROM cameleon.ingested_message")) {
      Instant sentAt = good.get(row.get(0));
      if (sentAt != null) {
        slowest = Math.max(slowest, Double.parseDouble(row.get(1)) - sentAt.toEpochMilli() / 1e3);
      }
    }
    System.out.println("HostileInputTest: slowest good message took " + slowest + " s");
    return slowest;
  }

  private static Set<String> ledger(Site site) {
    Set<String> ids = new HashSet<>();
    site.database()
        .query("SELECT message_id FROM cameleon.ingested_message")
        .forEach(row -> ids.add(row.get(0)));
    return ids;
  }

  /** The dead letters by the id of their source message; a duplicate is an error. */
  private static Map<String, Message> deadLetters(String url) {
    SqsClient client = Shared.sqs().client();
    Map<String, Message> deadLetters = new HashMap<>();
    List<Message> some;
    do {
      some =
          client
              .receiveMessage(
                  r -> r.queueUrl(url).maxNumberOfMessages(10).messageAttributeNames("All"))
              .messages();
      List<DeleteMessageBatchRequestEntry> deletes = new ArrayList<>();
      for (Message deadLetter : some) {
        String id = TestQueues.attribute(deadLetter, "source-message-id");
        assertThat(deadLetters.put(id, deadLetter))
            .as("twice in the dead-letter queue: %s", id)
            .isNull();
        String handle = deadLetter.receiptHandle();
        deletes.add(
            DeleteMessageBatchRequestEntry.builder()
                .id("d" + deletes.size())
                .receiptHandle(handle)
                .build());
      }
      if (!deletes.isEmpty()) {
        client.deleteMessageBatch(r -> r.queueUrl(url).entries(deletes));
      }
    } while (!some.isEmpty());
    return deadLetters;
  }
}
