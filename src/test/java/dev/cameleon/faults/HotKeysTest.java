package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Account;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Four pipelines count events in the same hundred rows: in one common order, which causes no
 * deadlock, and in the order of each message, which causes many unless loaders take turns.
 */
class HotKeysTest {
  private static final int MESSAGES = 1000;
  private static final int EVENTS = 20;
  private static final int KEYS = 100;

  @TempDir private Path folder;

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "'SELECT id, count(*) FROM event GROUP BY id ORDER BY id'",
    "'SELECT id, 1 FROM event'",
  })
  void everyEventIsCountedOnceAndReceivingNeverPauses(String select) throws Exception {
    Site site = Site.in(folder).with("CAMELEON_TABLES", "public.counts()");
    site.migrate();
    site.database().execute("CREATE TABLE public.counts (id integer PRIMARY KEY, n integer)");
    Files.writeString(
        folder.resolve("routes/login.schema.json"),
        "{\"x-event\": \"/Records/*\", \"properties\": {\"id\": {\"type\": \"integer\"}, \"who\": {\"type\": \"string\", \"x-pii\": \"text\"}}}");
    Files.writeString(
        folder.resolve("routes/load.sql"),
        "INSERT INTO public.counts AS c "
            + select
            + " ON CONFLICT (id) DO UPDATE SET n = c.n + excluded.n");
    site.queues().send(messages());
    try (Run a = Run.on(site);
        Run b = Run.on(site);
        Run c = Run.on(site);
        Run d = Run.on(site)) {
      List<Run> runs = List.of(a, b, c, d);
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(20))
          .until(
              () -> {
                runs.forEach(run -> assertThat(run.health().ready().problems()).isEmpty());
                return sum(runs, Outcome.LOADED) == MESSAGES;
              });
      Awaitility.await().until(() -> runs.stream().allMatch(run -> run.account().inFlight() == 0));
      assertThat(runs.stream().map(Run::account)).allMatch(Account::addsUp);
      assertThat(runs.stream().mapToLong(run -> run.account().received()).sum())
          .isEqualTo(MESSAGES);
    }
    System.out.printf("HotKeysTest: %s: %d deadlocks%n", select, deadlocks(site));
    assertThat(site.database().query("SELECT DISTINCT n FROM public.counts"))
        .containsExactly(List.of("" + MESSAGES * EVENTS / KEYS));
    assertThat(site.queues().left() + site.queues().deadLetters()).isZero();
    if (select.contains("ORDER BY")) {
      assertThat(deadlocks(site)).isZero();
    }
  }

  /** Each message has some of the keys once, in random order. */
  private static List<String> messages() {
    Random random = new Random(5);
    List<Integer> keys = new ArrayList<>(IntStream.range(0, KEYS).boxed().toList());
    List<String> bodies = new ArrayList<>();
    for (int i = 0; i < MESSAGES; i++) {
      if (i * EVENTS % KEYS == 0) {
        Collections.shuffle(keys, random);
      }
      bodies.add(
          keys.subList(i * EVENTS % KEYS, i * EVENTS % KEYS + EVENTS).stream()
              .map(id -> "{\"id\": " + id + "}")
              .collect(Collectors.joining(",", "{\"Records\": [", "]}")));
    }
    return bodies;
  }

  private static long deadlocks(Site site) {
    return site.database()
        .number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
  }

  private static long sum(List<Run> runs, Outcome outcome) {
    return runs.stream().mapToLong(run -> run.account().count(outcome)).sum();
  }
}
