package dev.cameleon.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One contestant in one round: started, warmed up, measured, ended. */
final class Trial {
  private static final long WARM_UP_SECONDS = Long.getLong("bench.warm", 8);
  private static final long MEASURED_SECONDS = Long.getLong("bench.measure", 6);
  private static final long START_SECONDS = 60;

  /** The SQS stand-in, in a process of its own. */
  record Server(Process process, int port) implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    /** Messages deleted, receives, deletes, other calls. */
    long[] counts() throws IOException, InterruptedException {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/counts")).build();
      String[] counts = HTTP.send(request, BodyHandlers.ofString()).body().split(" ", -1);
      long[] numbers = new long[counts.length];
      for (int i = 0; i < counts.length; i++) {
        numbers[i] = Long.parseLong(counts[i]);
      }
      return numbers;
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  private final Contestant contestant;
  private final Server sqs;
  private final Map<String, String> environment;
  private final Path folder;

  Trial(Contestant contestant, Server sqs, Map<String, String> environment, Path folder) {
    this.contestant = contestant;
    this.sqs = sqs;
    this.environment = environment;
    this.folder = folder;
  }

  static Server startSqs(long roundTripMillis, Path folder) throws IOException {
    Process process =
        java(
                List.of(
                    "-cp",
                    System.getProperty("java.class.path"),
                    LeanSqs.class.getName(),
                    Long.toString(roundTripMillis)),
                folder.resolve("sqs.log"))
            .redirectOutput(ProcessBuilder.Redirect.PIPE)
            .start();
    BufferedReader out = process.inputReader(StandardCharsets.US_ASCII);
    return new Server(process, Integer.parseInt(out.readLine().replace("port ", "")));
  }

  private static ProcessBuilder java(List<String> arguments, Path log) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx256m");
    command.addAll(arguments);
    return new ProcessBuilder(command).redirectError(log.toFile()).redirectOutput(log.toFile());
  }

  Measured run() throws IOException, InterruptedException {
    Path log = Files.createTempFile(folder, "contestant", ".log");
    ProcessBuilder builder = java(contestant.command(), log);
    builder.environment().clear();
    builder.environment().putAll(environment);
    long before = sqs.counts()[0];
    long started = System.nanoTime();
    Process process = builder.start();
    try {
      while (sqs.counts()[0] == before) {
        if (!process.isAlive() || seconds(started) > START_SECONDS) {
          throw new IllegalStateException(
              contestant.name() + " does not start:\n" + Files.readString(log));
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
      double firstRow = seconds(started);
      TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
      return measure(process, firstRow);
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private Measured measure(Process process, double firstRow)
      throws IOException, InterruptedException {
    long[] counts = sqs.counts();
    Duration cpu = cpu(process);
    Duration sqsCpu = cpu(sqs.process());
    long began = System.nanoTime();
    TimeUnit.SECONDS.sleep(MEASURED_SECONDS);
    long[] after = sqs.counts();
    double seconds = seconds(began);
    double thousands = (after[0] - counts[0]) / 1000.0;
    double calls = after[1] + after[2] + after[3] - counts[1] - counts[2] - counts[3];
    return new Measured(
        thousands * 1000 / seconds,
        cpu(process).minus(cpu).toMillis() / 1000.0 / thousands,
        cpu(sqs.process()).minus(sqsCpu).toMillis() / 1000.0 / thousands,
        calls / thousands,
        peakMegabytes(process),
        firstRow);
  }

  private static double seconds(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) / 1e9;
  }

  private static Duration cpu(Process process) {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** Linux only; elsewhere 0. */
  private static double peakMegabytes(Process process) throws IOException {
    Path status = Path.of("/proc/" + process.pid() + "/status");
    if (!Files.exists(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
        .findFirst()
        .orElse(0);
  }
}
