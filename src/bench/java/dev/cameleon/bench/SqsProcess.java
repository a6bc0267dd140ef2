package dev.cameleon.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** {@link LeanSqs} in a process of its own. */
record SqsProcess(Process process, int port) implements AutoCloseable {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  /** The counts of a queue so far. */
  record Counts(long deleted, long receives, long calls) {}

  static SqsProcess start(long roundTripMillis, Path log) throws IOException {
    Process process =
        Contestant.java(
                List.of(
                    "-cp",
                    System.getProperty("java.class.path"),
                    LeanSqs.class.getName(),
                    Long.toString(roundTripMillis)))
            .redirectError(log.toFile())
            .start();
    BufferedReader out = process.inputReader(StandardCharsets.US_ASCII);
    return new SqsProcess(process, Integer.parseInt(out.readLine()));
  }

  Counts counts(String queue) throws IOException, InterruptedException {
    return tell("counts", queue);
  }

  /**
   * Gives the queue an endless supply of messages.
   *
   * @param newValues whether each message has a new address and device, instead of one of 1500
   */
  void fill(String queue, boolean newValues) throws IOException, InterruptedException {
    tell(newValues ? "fill-new" : "fill", queue);
  }

  /** Puts messages into an empty queue. */
  void send(String queue, int messages) throws IOException, InterruptedException {
    tell("send", queue + "/" + messages);
  }

  /** Removes all messages. */
  void empty(String queue) throws IOException, InterruptedException {
    tell("empty", queue);
  }

  private Counts tell(String what, String queue) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + port + "/" + what + "/" + queue);
    String answer = HTTP.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
    String[] counts = answer.split(" ", -1);
    long receives = Long.parseLong(counts[1]);
    return new Counts(
        Long.parseLong(counts[0]),
        receives,
        receives + Long.parseLong(counts[2]) + Long.parseLong(counts[3]));
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
