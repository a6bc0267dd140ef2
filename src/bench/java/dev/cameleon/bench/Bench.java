package dev.cameleon.bench;

import dev.cameleon.mask.Keyset;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.LocalPostgres;
import dev.cameleon.support.Recipients;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code mvn -q -Pbench}: the contestants side by side, on the same SQS stand-in and PostgreSQL;
 * once without and once with round-trip times. All are started and warmed up first; then they take turns for several rounds, while the others rest on empty queues.
 *
 * <p>System properties: {@code bench} (only contestants whose name begins so), {@code bench.try}
 * (what to try beside the shipped settings, see {@link Contestant#all}), {@code bench.millis}
 * (round trips, {@code 0,40}), {@code bench.rounds}, {@code bench.warm} and {@code bench.turn}
 * (seconds), {@code bench.cold} (numbers of messages: see {@link ColdStart}).
 */
public final class Bench {
  static final int ROUNDS = Integer.getInteger("bench.rounds", 3);
  private static final long TURN_SECONDS = Long.getLong("bench.turn", 5);
  private static final long IDLE_SECONDS = 20;

  /** The round trip to PostgreSQL, which is in the same region, in scenarios with round trips. */
  static final long DATABASE_MILLIS = 10;

  final Path folder = Files.createTempDirectory("bench");
  private final Path keyset = folder.resolve("mask.json");
  private final BenchReport report = new BenchReport(ROUNDS);

  private Bench() throws IOException {
    Keyset.create().write(keyset);
    Recipients.add(folder, "officer");
  }

  /** Runs it; the argument is the jar. */
  public static void main(String[] arguments) throws Exception {
    Bench bench = new Bench();
    if (!property("bench.cold", "").isEmpty()) {
      ColdStart.main(bench, arguments[0]);
      System.exit(0);
    }
    for (String millis : property("bench.millis", "0,40").split(",", -1)) {
      bench.scenario(Long.parseLong(millis), arguments[0]);
    }
    System.out.println(bench.report.table());
    Path target = Path.of("target", "bench");
    Files.createDirectories(target);
    Files.writeString(target.resolve("results.json"), bench.report.json());
    Files.writeString(target.resolve("results.svg"), bench.report.svg());
    System.out.println("Also in " + target + ": results.json, results.svg");
    System.exit(0);
  }

  static String property(String name, String otherwise) {
    String value = System.getProperty(name, "");
    return value.isEmpty() ? otherwise : value;
  }

  /** Whether a contestant is selected, by the beginning of its name; all are by default. */
  static boolean matches(String name) {
    return Arrays.stream(property("bench", "").split(",", -1)).anyMatch(name::startsWith);
  }

  private void scenario(long sqsMillis, String jar) throws Exception {
    Path postgresFolder = Files.createTempDirectory(folder, "postgres");
    List<RunningContestant> entrants = new ArrayList<>();
    try (LocalPostgres postgres = LocalPostgres.start(postgresFolder);
        SqsProcess sqs = SqsProcess.start(sqsMillis, folder.resolve("sqs.log"));
        DelayProxy proxy = new DelayProxy(postgres.port(), DATABASE_MILLIS)) {
      int databasePort = sqsMillis == 0 ? postgres.port() : proxy.port();
      for (Contestant contestant : Contestant.all(jar, sqsMillis > 0, property("bench.try", ""))) {
        if (matches(contestant.name())) {
          TestDatabase database = postgres.database();
          Path log = Files.createTempFile(folder, "entrant", ".log");
          RunningContestant entrant = new RunningContestant(contestant, sqs, database, log);
          entrants.add(entrant);
          System.out.printf("%3d ms  %s starts and warms up%n", sqsMillis, entrant.name());
          Map<String, String> environment = environment(sqs, database, databasePort);
          migrate(jar, environment, log);
          entrant.start(environment);
        }
      }
      takeTurns(sqsMillis, entrants, CpuTime.ofPostgres(postgresFolder.resolve("data")));
    } finally {
      for (RunningContestant entrant : entrants) {
        entrant.end();
      }
    }
  }

  private void takeTurns(long sqsMillis, List<RunningContestant> entrants, CpuTime postgres)
      throws IOException, InterruptedException {
    Map<String, List<Measured>> rounds = new LinkedHashMap<>();
    for (int round = 1; round <= ROUNDS; round++) {
      for (RunningContestant entrant : entrants) {
        Measured measured = entrant.measure(TURN_SECONDS, postgres);
        System.out.printf(
            "%3d ms  round %d  %-13s %,8.0f msg/s%n",
            sqsMillis, round, entrant.name(), measured.messagesPerSecond());
        rounds.computeIfAbsent(entrant.name(), name -> new ArrayList<>()).add(measured);
      }
    }
    Map<String, Measured> medians = new LinkedHashMap<>();
    rounds.forEach((name, all) -> medians.put(name, Measured.medians(all)));
    report.add(sqsMillis, medians);
    for (RunningContestant entrant : entrants) {
      if (!entrant.storesNothing()) {
        entrant.requireRows();
      }
      if (entrant.name().equals("cameleon")) {
        report.add(sqsMillis, entrant.idle(IDLE_SECONDS));
      }
    }
  }

  Map<String, String> environment(SqsProcess sqs, TestDatabase database, int port) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("AWS_ENDPOINT_URL", "http://127.0.0.1:" + sqs.port());
    environment.put("AWS_REGION", "eu-central-1");
    environment.put("AWS_ACCESS_KEY_ID", "x");
    environment.put("AWS_SECRET_ACCESS_KEY", "x");
    environment.put(
        "CAMELEON_DB_URL", "jdbc:postgresql://localhost:" + port + "/" + database.name());
    environment.put("CAMELEON_KEYSET", keyset.toString());
    environment.put("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString());
    environment.put("CAMELEON_HTTP_PORT", "0");
    return environment;
  }

  /** Creates the tables, because not every contestant does. */
  void migrate(String jar, Map<String, String> environment, Path log)
      throws IOException, InterruptedException {
    ProcessBuilder migrate =
        Contestant.java(List.of("-jar", jar, "migrate"))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    migrate.environment().clear();
    migrate.environment().putAll(environment);
    if (migrate.start().waitFor() != 0) {
      throw new IllegalStateException("not migrated:\n" + Files.readString(log));
    }
  }
}
