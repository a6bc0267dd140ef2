package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.faults.SqsProxy.Answer;
import dev.cameleon.faults.SqsProxy.Call;
import dev.cameleon.support.DeadLetterBox;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A replay, killed at random calls to SQS, with a run beside it. {@code -Dsoak=N} makes it N times
 * as long, {@code -Dseed=S} repeats a run.
 */
class ReplayCrashIT {
  private static final int SOAK = Integer.getInteger("soak", 1);
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final int KILLS = 4 * SOAK;
  private static final int LETTERS_PER_KILL = 150;
  private static final int MALFORMED_EVERY = 20;

  /** A kill comes within this many calls, before or after SQS has done its work. */
  private static final int CALLS_BEFORE_KILL = 10;

  @TempDir private Path folder;

  private final Random random = new Random(SEED);
  private final SqsProxy proxy = SqsProxy.start();
  private final Set<String> good = new HashSet<>();
  private final Set<String> malformed = new HashSet<>();
  private Site site;
  private DeadLetterBox box;

  @AfterEach
  void close() {
    proxy.close();
  }

  @Test
  void killedAtRandomCallsEveryMessageIsLoadedOnceOrStillADeadLetter() throws Exception {
    System.out.println("ReplayCrashIT seed=" + SEED + " kills=" + KILLS);
    site = Site.in(folder, 5);
    box = DeadLetterBox.of(site.queues());
    fill();
    // The dead letters of a killed replay must reappear soon, not in ten minutes.
    proxy.on(
        SqsProxy.RECEIVE,
        call ->
            call.forward(
                call.body().replace("\"VisibilityTimeout\":600", "\"VisibilityTimeout\":3")));

    try (Program run = Program.start(site.environment(), folder, "run")) {
      for (int kill = 0; kill < KILLS; kill++) {
        replayAndKill();
        Awaitility.await("dead letters that reappear")
            .atMost(Duration.ofSeconds(20))
            .until(() -> box.hidden() == 0);
      }
      assertThat(box.visible()).as("left for the last replay").isGreaterThan(malformed.size());
      try (Program last = replay()) {
        Program.Result result = last.result();
        assertThat(result.exitCode()).as(result.err()).isZero();
        System.out.println("ReplayCrashIT: at last " + result.out().strip());
      }
      Awaitility.await("an empty source queue")
          .atMost(Duration.ofSeconds(30))
          .until(() -> site.queues().left() == 0);
      run.terminate();
      assertThat(run.result().exitCode()).isZero();
    }
    assertLoadedOnceOrThere();
  }

  private void fill() {
    for (int n = 0; n < KILLS * LETTERS_PER_KILL; n++) {
      boolean bad = n % MALFORMED_EVERY == 0;
      Map<String, String> attributes =
          DeadLetterBox.attributes(dev.cameleon.contract.Violation.CONTRACT, "ip", Instant.now());
      attributes.put("source-queue", site.environment().get("CAMELEON_QUEUE"));
      box.send(bad ? Traffic.WRONG_TYPE : Events.body(n), attributes);
      (bad ? malformed : good).add(attributes.get("source-message-id"));
    }
  }

  private Program replay() throws IOException {
    Map<String, String> environment = new HashMap<>(site.environment());
    environment.put("AWS_ENDPOINT_URL", proxy.url());
    return Program.start(environment, folder, "dlq", "replay", "--all", "--yes");
  }

  /** Kills the replay at a random call and moment. */
  private void replayAndKill() throws Exception {
    String action = random.nextBoolean() ? SqsProxy.SEND : SqsProxy.DELETE;
    boolean done = random.nextBoolean();
    AtomicInteger calls = new AtomicInteger(1 + random.nextInt(CALLS_BEFORE_KILL));
    AtomicReference<Program> victim = new AtomicReference<>();
    proxy.on(
        action,
        call -> {
          if (calls.decrementAndGet() != 0) {
            return call.forward();
          }
          return kill(victim.get(), call, done);
        });
    victim.set(replay());
    Awaitility.await("the kill")
        .atMost(Duration.ofSeconds(60))
        .until(() -> !victim.get().isAlive());
    assertThat(calls.get()).as(victim.get().err()).isNotPositive();
    proxy.on(action, Call::forward);
  }

  private static Answer kill(Program victim, Call call, boolean done)
      throws IOException, InterruptedException {
    if (done) {
      Answer answer = call.forward();
      victim.kill();
      return answer;
    }
    victim.kill();
    return Answer.whole(500, "{}");
  }

  private void assertLoadedOnceOrThere() {
    assertThat(
            site.database().query("SELECT message_id FROM cameleon.ingested_message").stream()
                .map(row -> row.get(0)))
        .as("loaded")
        .containsExactlyInAnyOrderElementsOf(good);
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(good.size());
    assertThat(site.database().number("SELECT count(DISTINCT user_id) FROM user_logins"))
        .isEqualTo(good.size());
    Set<String> left = new HashSet<>();
    site.queues()
        .takeDeadLetters()
        .forEach(deadLetter -> left.add(TestQueues.attribute(deadLetter, "source-message-id")));
    assertThat(left).as("still dead letters").isEqualTo(malformed);
  }
}
