package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Events;
import dev.cameleon.support.LocalSqs;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Messages of SQS's maximum size, in the memory limits of the image and the compose file: first
 * while the database blocks all loads, then through masking, batches and the dead-letter queue.
 * With {@code -Dsoak}, 800 messages of 1 MB.
 */
class LargeMessagesTest {
  private static final boolean SOAK = System.getProperty("soak") != null;
  private static final Duration PATIENCE = Duration.ofSeconds(SOAK ? 600 : 120);

  /** A batch with this much JSON is complete. */
  private static final int BATCH_CHARACTERS = 4 << 20;

  /** One in this many messages has a field that is too long, and becomes a dead letter. */
  private static final int REJECTED_EVERY = 10;

  @TempDir private Path folder;
  private final LocalSqs sqs = LocalSqs.startForLargeMessages();

  @AfterEach
  void stop() {
    sqs.close();
  }

  @Test
  void messagesOfOneMegabyteInTheImagesMemory() throws Exception {
    // The JVM itself chooses the serial collector in a container of less than 2 GB.
    String options =
        "-XX:+UseSerialGC -XX:MaxRAM=" + memoryLimitMegabytes() + "m " + imagesOptions();
    loadsAll(options, SOAK ? 800 : 80, 1_040_000);
  }

  @Test
  void messagesOfAQuarterOfThatInAHeapOf256Megabytes() throws Exception {
    loadsAll("-Xmx256m", SOAK ? 3000 : 200, 250_000);
  }

  private void loadsAll(String options, int messages, int characters) throws Exception {
    Site site = Site.in(folder, 120, sqs);
    // The large value goes all the way into the statement.
    site.edit("login.schema.json", "\"maxLength\": 128}", "\"maxLength\": 2000000}");
    site.edit("load.sql", "SELECT user_id, device_type", "SELECT left(user_id, 20), device_type");
    site.migrate();
    try (Program program = Program.startWithHeap(options, site.environment(), folder, "run")) {
      // Not before the start, because a locked table would prevent receiving altogether.
      Awaitility.await("a start").atMost(PATIENCE).until(() -> program.err().contains("Started"));
      try (Connection holder = site.database().connect();
          Statement statement = holder.createStatement()) {
        holder.setAutoCommit(false);
        statement.execute("LOCK TABLE user_logins IN ACCESS EXCLUSIVE MODE");
        send(site, messages, characters);
        Awaitility.await("messages in flight, or an end")
            .atMost(PATIENCE)
            .until(() -> !program.isAlive() || inFlight(program) > 0);
        holder.rollback();
      }
      long peak = peakUntilAllIsSettled(site, program);
      assertThat(Scraped.of(program).sum("cameleon_batch_rows_max"))
          .as("rows of the largest batch")
          .isLessThanOrEqualTo(BATCH_CHARACTERS / characters + 1);
      program.terminate();
      Program.Result result = program.result();
      System.out.println("LargeMessagesTest: " + options + ": " + (peak >> 20) + " MB resident");
      assertThat(result.exitCode()).as(result.err()).isZero();
      assertThat(peak).as("bytes resident").isLessThan(memoryLimitMegabytes() << 20);
    }
    int rejected = messages / REJECTED_EVERY;
    assertThat(site.queues().left()).isZero();
    assertThat(site.queues().deadLetters()).isEqualTo(rejected);
    assertThat(site.database().number("SELECT count(DISTINCT user_id) FROM user_logins"))
        .isEqualTo(messages - rejected);
  }

  private static long inFlight(Program program) throws Exception {
    return Scraped.of(program).sum("cameleon_in_flight_messages");
  }

  private static long peakUntilAllIsSettled(Site site, Program program) {
    AtomicLong peak = new AtomicLong();
    Awaitility.await("an empty queue, or an end")
        .atMost(PATIENCE)
        .until(
            () -> {
              peak.accumulateAndGet(program.peakBytes(), Math::max);
              return !program.isAlive() || site.queues().left() == 0;
            });
    return peak.get();
  }

  private static void send(Site site, int messages, int characters) {
    String large = "-" + "x".repeat(characters);
    for (int n = 0; n < messages; n++) {
      String field = n % REJECTED_EVERY == 0 ? "device_type" : "user_id";
      site.queues()
          .send(
              Events.login(n).put(field, String.format("user-%08d", n) + large).toString(),
              Map.of());
    }
  }

  private static String imagesOptions() throws IOException {
    Matcher options =
        Pattern.compile("\"(-X[^\"]+)\"").matcher(Files.readString(Path.of("deploy/Dockerfile")));
    List<String> found = options.results().map(each -> each.group(1)).toList();
    assertThat(found).isNotEmpty();
    return found.stream().collect(Collectors.joining(" "));
  }

  private static long memoryLimitMegabytes() throws IOException {
    Matcher limit =
        Pattern.compile("mem_limit: (\\d+)m")
            .matcher(Files.readString(Path.of("docker-compose.yml")));
    assertThat(limit.find()).isTrue();
    return Long.parseLong(limit.group(1));
  }
}
