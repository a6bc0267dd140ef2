package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.LocalSqs;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages of SQS's maximum size with the smallest possible events, in a small heap. */
class ManyEventsTest {
  private static final int MESSAGES = 12;
  private static final String EVENT = "{}";
  private static final int EVENTS = 1_000_000 / (EVENT.length() + 1);
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir private Path folder;
  private final LocalSqs sqs = LocalSqs.startForLargeMessages();

  @AfterEach
  void stop() {
    sqs.close();
  }

  @Test
  void tenPollersInAHeapOf256MegabytesLoadAllWithoutRunningOutOfMemory() throws Exception {
    Site site =
        Site.in(folder, 120, sqs)
            .with("CAMELEON_TABLES", "public.loaded()")
            .with("CAMELEON_POLLERS", "10");
    site.migrate();
    site.database().execute("CREATE TABLE public.loaded (message uuid, events bigint)");
    Files.writeString(
        folder.resolve("routes/login.schema.json"),
        "{\"x-event\": \"/Records/*\", \"properties\": {\"a\": {\"type\": \"integer\"}, \"who\": {\"type\": \"string\", \"x-pii\": \"text\"}}}");
    Files.writeString(
        folder.resolve("routes/load.sql"),
        "INSERT INTO public.loaded SELECT message_id, count(*) FROM event GROUP BY message_id");
    String body = "{\"Records\":[" + String.join(",", Collections.nCopies(EVENTS, EVENT)) + "]}";
    for (int i = 0; i < MESSAGES; i++) {
      site.queues().send(body, Map.of());
    }

    try (Program program =
        Program.startWithHeap("-Xmx256m -XX:+UseSerialGC", site.environment(), folder, "run")) {
      Awaitility.await()
          .atMost(PATIENCE)
          .until(
              () -> !program.isAlive() || (loaded(site) == MESSAGES && site.queues().left() == 0));
      program.terminate();
      Program.Result result = program.result();
      assertThat(result.exitCode()).as(result.err()).isZero();
      assertThat(result.err()).doesNotContain("OutOfMemory");
    }
    assertThat(site.database().query("SELECT DISTINCT events FROM public.loaded"))
        .containsExactly(List.of("" + EVENTS));
    assertThat(site.queues().deadLetters()).isZero();
  }

  private static long loaded(Site site) {
    return site.database().number("SELECT count(*) FROM public.loaded");
  }
}
