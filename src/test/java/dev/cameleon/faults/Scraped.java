package dev.cameleon.faults;

import dev.cameleon.support.Program;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/**
 * The metrics of a process at one moment.
 *
 * @param text the answer
 */
record Scraped(String text) {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Pattern PORT = Pattern.compile("http://localhost:(\\d+)/");

  /** Scrapes a process, once it listens. */
  static Scraped of(Program program) throws Exception {
    return new Scraped(get(program, "/observe/metrics"));
  }

  /** Whether a process is ready. */
  static boolean isReady(Program program) throws Exception {
    return get(program, "/observe/health/ready").contains("\"status\":\"UP\"");
  }

  private static String get(Program program, String path) throws Exception {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> PORT.matcher(program.err()).find());
    Matcher port = PORT.matcher(program.err());
    port.find();
    URI uri = URI.create("http://localhost:" + port.group(1) + path);
    return HTTP.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
  }

  /** The sum of all samples that start with this prefix. */
  long sum(String prefix) {
    return text.lines()
        .filter(line -> line.startsWith(prefix))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** The number of messages with this outcome. */
  long outcome(String label) {
    return sum("cameleon_messages_total{outcome=\"" + label + "\"}");
  }
}
