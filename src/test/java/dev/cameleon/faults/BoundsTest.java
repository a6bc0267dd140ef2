package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages in flight, memory and threads stay bounded while the database blocks all loads. */
class BoundsTest {
  private static final boolean SOAK = System.getProperty("soak") != null;
  private static final Duration HELD = Duration.ofSeconds(SOAK ? 90 : 10);

  /** In a soak, the largest number that can be configured. */
  private static final int POLLERS = SOAK ? 256 : 64;

  private static final int LIMIT = 300;
  private static final int PER_RECEIVE = 10;

  /** More than may be in flight. */
  private static final int MESSAGES = SOAK ? 4000 : 1500;

  /** Much larger than real messages, so that accumulation would be visible. */
  private static final int LARGE = 20_000;

  /** They begin when half of the visibility timeout is over. */
  private static final int EXTENDERS = 64;

  @TempDir private Path folder;

  private final List<Scraped> scrapes = new ArrayList<>();

  @Test
  void aLockedTableFillsTheLimitInFlightAndThenEverythingIsLoaded() throws Exception {
    Site site =
        Site.in(folder)
            .with("CAMELEON_POLLERS", Integer.toString(POLLERS))
            .with("CAMELEON_IN_FLIGHT_MESSAGES", Integer.toString(LIMIT));
    try (Program program = Program.start(site.environment(), folder, "run")) {
      send(site, 0, 100, LARGE);
      awaitLoaded(program, 100);
      try (Connection holder = site.database().connect();
          Statement statement = holder.createStatement()) {
        holder.setAutoCommit(false);
        statement.execute("LOCK TABLE user_logins IN ACCESS EXCLUSIVE MODE");
        send(site, 100, MESSAGES, LARGE);
        watch(program);
        holder.rollback();
      }
      awaitLoaded(program, MESSAGES);
      Awaitility.await().until(() -> Scraped.of(program).sum("cameleon_in_flight_messages") == 0);
      program.terminate();
      assertThat(program.result().exitCode()).isZero();
    }

    assertBounded();
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(MESSAGES);
    assertThat(site.queues().deadLetters()).isZero();
    assertThat(site.queues().left()).isZero();
  }

  @Test
  void largeMessagesThatFollowSmallOnesComeInFlightOnlyAsFarAsThereIsRoom() throws Exception {
    int known = 500;
    int small = 100;
    int large = 30;
    try (SqsProxy sqs = SqsProxy.start()) {
      Site site =
          Site.in(folder, 5)
              .with("AWS_ENDPOINT_URL", sqs.url())
              .with("CAMELEON_IN_FLIGHT_MEGABYTES", "2");
      try (Run run = Run.on(site);
          Connection holder = site.database().connect();
          Statement statement = holder.createStatement()) {
        // Given: small messages are expected, and receives that begin when everything is there.
        site.queues().send(Events.bodies(known));
        run.await(Outcome.LOADED, known);
        sqs.on(SqsProxy.RECEIVE, Fault.silence(500));
        sqs.awaitNone(SqsProxy.RECEIVE);
        site.queues().send(Events.bodies(small));
        send(site, known, known + large, 3 * LARGE);
        // When: locked only now, because receiving pauses when the table is locked for long.
        holder.setAutoCommit(false);
        statement.execute("LOCK TABLE user_logins IN ACCESS EXCLUSIVE MODE");
        sqs.heal();
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> run.account().inFlight() >= small);
        // Then: each answer of ten large ones would need 3 MB.
        Awaitility.await()
            .atMost(Duration.ofSeconds(10))
            .during(Duration.ofSeconds(2))
            .until(() -> run.account().inFlight() < small + PER_RECEIVE);
        holder.rollback();
        run.await(Outcome.LOADED, known + small + large);
      }
    }
  }

  private void watch(Program program) {
    Awaitility.await()
        .atMost(HELD.multipliedBy(2))
        .during(HELD)
        .pollInterval(Duration.ofMillis(500))
        .until(
            () -> {
              scrapes.add(Scraped.of(program));
              return true;
            });
  }

  private void assertBounded() {
    assertThat(most("cameleon_in_flight_messages"))
        .isBetween((long) LIMIT, LIMIT + (long) POLLERS * PER_RECEIVE);
    // The limit in flight is reached in the first half of the time; in the second half nothing
    // grows.
    List<Scraped> first = new ArrayList<>(scrapes.subList(0, scrapes.size() / 2));
    long threads = first.stream().mapToLong(s -> s.sum("jvm_threads_live_threads")).max().orElse(0);
    assertThat(most("jvm_threads_live_threads")).isLessThanOrEqualTo(threads + EXTENDERS + 5);
    assertThat(leastHeap(scrapes.subList(scrapes.size() / 2, scrapes.size())))
        .as("the least heap in use, which a collection leaves")
        .isLessThan(leastHeap(first) + (16L << 20));
  }

  private long most(String metric) {
    return scrapes.stream().mapToLong(scrape -> scrape.sum(metric)).max().orElseThrow();
  }

  private static long leastHeap(List<Scraped> some) {
    return some.stream()
        .mapToLong(scrape -> scrape.sum("jvm_memory_used_bytes{area=\"heap\""))
        .min()
        .orElseThrow();
  }

  private static void awaitLoaded(Program program, long count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> Scraped.of(program).outcome("loaded") >= count);
  }

  private static void send(Site site, int from, int to, int length) {
    String large = "x".repeat(length);
    site.queues()
        .send(
            IntStream.range(from, to)
                .mapToObj(n -> Events.login(n).put("not-in-the-contract", large).toString())
                .toList());
  }
}
