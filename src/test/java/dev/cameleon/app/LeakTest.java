package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Commands;
import dev.cameleon.support.Events;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.PrintedSpans;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.model.Message;

/** Plants recognisable personal values everywhere and searches all output of the process. */
class LeakTest {
  private static final String ADDRESS = "203.0.113.77";
  private static final String DEVICE = "987-65-4321";
  private static final String WORD = "zanzibar";
  private static final List<String> PLANTED = List.of(ADDRESS, DEVICE, "987654321", WORD);

  @TempDir private Path folder;

  @Test
  void noPlantedValueIsInAnyLogMetricHealthColumnOrAttribute() throws Exception {
    Recipients.add(folder, "anna");
    Site site =
        Site.in(folder).with("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString());
    Commands.run(site.environment(), folder, "migrate");
    // A row that the table refuses with a message that quotes the row twice.
    site.database()
        .execute(
            """
            ALTER TABLE user_logins ADD CHECK (device_type <> 'refused');
            CREATE FUNCTION quote() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE 'row % refused', NEW USING DETAIL = NEW.user_id, HINT = NEW.user_id; END $$;
            CREATE TRIGGER quote BEFORE INSERT ON user_logins FOR EACH ROW
              WHEN (NEW.device_type = 'raised') EXECUTE FUNCTION quote()
            """);
    List<String> bodies = new ArrayList<>(malformed());
    site.queues().send(bodies);
    site.queues()
        .send(
            planted().toString(),
            Map.of("traceparent", WORD, "tracestate", "a=" + WORD, WORD, WORD));

    String metrics;
    String health;
    String log;
    try (Program program =
        Program.startWithHeap(PrintedSpans.OPTIONS, site.environment(), folder, "run")) {
      Awaitility.await()
          .atMost(java.time.Duration.ofSeconds(60))
          .until(() -> site.queues().deadLetters() == malformed().size());
      Awaitility.await().until(() -> site.queues().left() == 0);
      metrics = get(program, "/observe/metrics");
      health = get(program, "/observe/health/ready");
      // An outage: the messages of server and driver must not quote the batch either.
      site.database().execute("ALTER TABLE user_logins RENAME device_type TO device_kind");
      site.queues().send(List.of(planted().toString()));
      Awaitility.await().until(() -> program.err().contains("Receiving pauses"));
      health += get(program, "/observe/health/ready");
      site.database().execute("ALTER TABLE user_logins RENAME device_kind TO device_type");
      Awaitility.await().until(() -> site.queues().left() == 0);
      program.terminate();
      log = program.result().err() + program.result().out();
    }

    assertThat(site.database().number("SELECT count(*) FROM cameleon.vault")).isPositive();
    assertThat(metrics).contains("cameleon_dead_letters_total");
    assertThat(health).contains("UP").contains("DOWN");
    assertThat(PrintedSpans.in(log)).hasSizeGreaterThan(malformed().size());
    nothingPlantedIn("the log and the spans", log);
    nothingPlantedIn("the metrics", metrics);
    nothingPlantedIn("the health", health);
    nothingPlantedIn("the columns", everyColumn(site.database()));
    List<Message> deadLetters = site.queues().takeDeadLetters();
    assertThat(deadLetters).hasSize(malformed().size());
    for (Message deadLetter : deadLetters) {
      deadLetter
          .messageAttributes()
          .forEach((name, value) -> nothingPlantedIn(name, name + value.stringValue()));
      assertThat(TestQueues.attribute(deadLetter, "reason")).isNotEmpty();
    }
  }

  private static com.fasterxml.jackson.databind.node.ObjectNode planted() {
    return Events.login(1).put("ip", ADDRESS).put("device_id", DEVICE).put(WORD, WORD);
  }

  private static List<String> malformed() {
    String good = planted().toString();
    return List.of(
        good + WORD,
        good.replace("{", "{" + WORD),
        "[" + good + "]",
        good.replace("}", ",\"ip\":\"" + ADDRESS + "\"}"),
        WORD,
        "\"" + ADDRESS + "\"",
        planted().put("ip", ADDRESS + "." + WORD).toString(),
        planted().put("device_id", DEVICE.repeat(20)).toString(),
        planted().put("app_version", WORD).toString(),
        planted().put("locale", 1).put("user_id", WORD.repeat(20)).toString(),
        planted().put("device_type", "refused").toString(),
        planted().put("device_type", "raised").put("user_id", WORD).toString(),
        planted().put("user_id", "HERE").toString().replace("HERE", WORD + "\\u0000"),
        planted().put("user_id", "HERE").toString().replace("HERE", WORD + "\\ud800"));
  }

  private static void nothingPlantedIn(String where, String text) {
    for (String value : PLANTED) {
      assertThat(text.contains(value)).as("%s contains %s", where, value).isFalse();
    }
  }

  /** Every value of all tables of ours, including the given one. */
  private static String everyColumn(TestDatabase database) {
    StringBuilder all = new StringBuilder();
    for (List<String> table :
        database.query(
            "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables"
                + " WHERE table_schema IN ('public', 'cameleon') AND table_type = 'BASE TABLE'")) {
      all.append(database.query("SELECT t::text FROM " + table.get(0) + " t"));
    }
    return all.toString();
  }

  private static String get(Program program, String path) throws Exception {
    Matcher port = Pattern.compile("http://localhost:(\\d+)/").matcher(program.err());
    assertThat(port.find()).isTrue();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port.group(1) + path)).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
  }
}
