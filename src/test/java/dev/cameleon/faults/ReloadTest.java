package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Account;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.LogLines;
import dev.cameleon.support.Run;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * New files for a running pipeline: they take effect if they are valid, and no message is lost or
 * doubled.
 */
class ReloadTest {
  private static final int RELOADS = 25;
  private static final int MESSAGES = System.getProperty("soak") == null ? 5_000 : 50_000;
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final String SUCCESS = "cameleon_config_reload_success ";
  private static final String TIMESTAMP = "cameleon_config_reload_success_timestamp_seconds ";
  private static final String LOCALE = "device_id, locale,\n";

  @TempDir private Path folder;
  private final LogLines log = LogLines.of("dev.cameleon.app");

  @AfterEach
  void stopListening() {
    log.close();
  }

  @Test
  void twentyGoodAndFiveBrokenReloadsWhileMessagesFlowLoseAndDoubleNothing() throws Exception {
    Site site = Site.in(folder);
    Traffic traffic = new Traffic(site);
    try (Run run = Run.on(site)) {
      for (int i = 1; i <= RELOADS; i++) {
        CompletableFuture<Void> sending =
            CompletableFuture.runAsync(() -> traffic.send(MESSAGES / RELOADS, 50));
        Awaitility.await().atMost(PATIENCE).until(() -> run.account().inFlight() > 0);
        if (i % 5 == 0) {
          site.edit("load.sql", "FROM event", "FROM nowhere");
          reloadRefused(run);
          site.edit("load.sql", "FROM nowhere", "FROM event");
        } else {
          write(site, LOCALE, "device_id, 'reload " + i + "',\n");
          if (i % 5 == 1) {
            run.reload(); // a second request at the same time
          }
          reload(run);
        }
        sending.join();
        assertAddsUp(run.account());
      }
      traffic.awaitGone();
      assertAddsUp(run.account());
      assertThat(run.account().count(Outcome.RETURNED)).as("returned").isZero();
      assertThat(run.account().received()).isEqualTo(MESSAGES);
      assertThat(run.scrape()).contains("cameleon_received_total " + (double) MESSAGES);
    }
    assertThat(site.database().number("SELECT count(*) FROM user_logins"))
        .isEqualTo(traffic.good());
    assertThat(site.database().number("SELECT count(DISTINCT user_id) FROM user_logins"))
        .isEqualTo(traffic.good());
    assertThat(site.queues().deadLetters()).isEqualTo(traffic.malformed());
    assertThat(site.database().number("SELECT count(DISTINCT locale) FROM user_logins"))
        .as("states of load.sql that have loaded rows")
        .isGreaterThan(10);
    assertThat(pauses())
        .as("pauses in ms")
        .hasSizeGreaterThanOrEqualTo(20)
        .allMatch(millis -> millis < 10_000);
  }

  @Test
  void eachKindOfMistakeKeepsTheOldFilesAndIsLoggedWithItsPlace() throws Exception {
    Site site = Site.in(folder);
    Traffic traffic = new Traffic(site).send(10, 0);
    Map<String, List<String>> mistakes =
        Map.of(
            "ingest.camel.yaml",
                List.of("  steps:", "  steps: [", "ingest.camel.yaml, line \\d+, column.*"),
            "load.camel.yaml",
                List.of(
                    "ref: commitHandler",
                    "ref: comitHandler",
                    "load.camel.yaml:\\d+: .*comitHandler.*"),
            "login.schema.json",
                List.of("\"required\": [", "\"required\": [[", "login.schema.json .*line.*"),
            "load.sql",
                List.of("SELECT user_id", "SELECT no_such", "load.sql:3:\\d+: .*no_such.*"));
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 10);
      for (Map.Entry<String, List<String>> mistake : mistakes.entrySet()) {
        refuses(site, run, mistake.getKey(), mistake.getValue());
      }
      refuses(
          site,
          run,
          "load.sql",
          List.of(
              "INTO public.user_logins (",
              "INTO cameleon.pipeline (",
              "load.sql:2:\\d+: .*pipeline.*"));
      refuses(
          site,
          run,
          "login.schema.json",
          List.of(
              ", \"x-pii\": \"device\"",
              "",
              "login.schema.json: .*no longer masks the field device_id.*"));
      Path sql = folder.resolve("routes/load.sql");
      Files.move(sql, folder.resolve("load.sql"));
      reloadRefused(run);
      assertThat(log.lines()).anyMatch(line -> line.matches(".*load.sql cannot be used: .*"));
      Files.move(folder.resolve("load.sql"), sql);

      traffic.send(10, 0);
      run.await(Outcome.LOADED, 20);
      assertThat(run.health().ready().up()).isTrue();
      assertThat(run.health().ready().json())
          .contains("\"notes\":{\"RELOAD\":\"new files were refused");

      reload(run);
      assertThat(run.health().ready().notes()).isEmpty();
      traffic.send(10, 0);
      run.await(Outcome.LOADED, 30);
    }
  }

  private void refuses(Site site, Run run, String file, List<String> mistake) throws Exception {
    log.clear();
    Path path = folder.resolve("routes").resolve(file);
    String before = Files.readString(path);
    site.edit(file, mistake.get(0), mistake.get(1));
    reloadRefused(run);
    assertThat(log.lines())
        .as(file + ": " + mistake)
        .anyMatch(line -> line.matches("ERROR Not reloaded: .*" + mistake.get(2)))
        .allMatch(line -> !line.contains("\n"));
    Files.writeString(path, before);
  }

  @Test
  void duringAnOutageTheNewFilesWaitForTheDatabaseAndNothingIsLost() throws Exception {
    Site site = Site.in(folder);
    try (DatabaseProxy proxy = DatabaseProxy.before(Shared.postgres().port())) {
      site.with("CAMELEON_DB_URL", proxy.url(site.database().name()));
      Traffic traffic = new Traffic(site);
      try (Run run = Run.on(site)) {
        traffic.send(10, 0);
        run.await(Outcome.LOADED, 10);
        proxy.refuse();
        traffic.send(100, 0);
        Awaitility.await()
            .atMost(PATIENCE)
            .until(() -> run.health().ready().problems().containsKey("DATABASE"));
        site.edit("load.sql", LOCALE, "device_id, 'new',\n");
        reloadRefused(run);
        assertThat(run.health().ready().notes().get("RELOAD")).contains("until the database");

        proxy.accept();
        awaitReloaded(run, 0);
        traffic.send(10, 0);
        traffic.awaitGone();
        assertAddsUp(run.account());
      }
      assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(120);
      assertThat(site.database().number("SELECT count(*) FROM user_logins WHERE locale = 'new'"))
          .isGreaterThanOrEqualTo(10);
    }
  }

  @Test
  void newFilesEndAnOutageThatTheOldOnesCause() throws Exception {
    Site site = Site.in(folder);
    Traffic traffic = new Traffic(site);
    try (Run run = Run.on(site)) {
      site.database().execute("ALTER TABLE user_logins RENAME COLUMN locale TO language");
      traffic.send(100, 0);
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> run.health().ready().problems().containsKey("DATABASE"));
      site.edit("load.sql", "maked_device_id, locale,", "maked_device_id, language,");

      reload(run);

      traffic.awaitGone();
      assertAddsUp(run.account());
      assertThat(run.health().ready().problems()).isEmpty();
    }
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(100);
    assertThat(site.queues().deadLetters()).isZero();
  }

  private static void assertAddsUp(Account account) {
    long settled = Arrays.stream(Outcome.values()).mapToLong(account::count).sum();
    assertThat(settled + account.inFlight()).isEqualTo(account.received());
  }

  private static void write(Site site, String from, String to) throws Exception {
    String shipped = Files.readString(Path.of("routes/load.sql"));
    Files.writeString(site.folder().resolve("routes/load.sql"), shipped.replace(from, to));
  }

  private static void reload(Run run) {
    double before = metric(run, TIMESTAMP);
    run.reload();
    awaitReloaded(run, before);
  }

  private static void awaitReloaded(Run run, double before) {
    Awaitility.await("a reload")
        .atMost(PATIENCE)
        .until(() -> metric(run, SUCCESS) == 1 && metric(run, TIMESTAMP) > before);
  }

  private void reloadRefused(Run run) {
    int before = log.count("the old ones keep running");
    run.reload();
    Awaitility.await("a refusal")
        .atMost(PATIENCE)
        .until(() -> log.count("the old ones keep running") > before && metric(run, SUCCESS) == 0);
  }

  private static double metric(Run run, String name) {
    return run.scrape()
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
        .findFirst()
        .orElseThrow();
  }

  private List<Long> pauses() {
    return log.lines().stream()
        .filter(line -> line.contains("paused_ms="))
        .map(line -> Long.parseLong(line.replaceAll(".*paused_ms=", "")))
        .toList();
  }
}
