package dev.cameleon.bench;

import dev.cameleon.mask.Keyset;
import dev.cameleon.support.LocalPostgres;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code mvn -q -Pbench}: the contestants side by side, on the same SQS stand-in and PostgreSQL,
 * after warm-up, in turns, several rounds; once without and once with round-trip times.
 */
public final class Bench {
  private static final int ROUNDS = Integer.getInteger("bench.rounds", 3);
  private static final String ONLY = System.getProperty("bench", "");

  private final Path folder = Files.createTempDirectory("bench");
  private final Path keyset = folder.resolve("mask.json");

  private Bench() throws IOException {
    Keyset.create().write(keyset);
  }

  /** Runs all, or those whose name begins with the system property {@code bench}. */
  public static void main(String[] arguments) throws Exception {
    String jar = arguments[0];
    Bench bench = new Bench();
    Map<String, Map<String, Measured>> results = new LinkedHashMap<>();
    results.put("0 ms", bench.scenario(0, 0, jar));
    results.put("40 ms", bench.scenario(40, 10, jar));
    BenchReport report = new BenchReport(results, ROUNDS);
    System.out.println(report.table());
    Path target = Path.of("target", "bench");
    Files.createDirectories(target);
    Files.writeString(target.resolve("results.json"), report.json());
    Files.writeString(target.resolve("results.svg"), report.svg());
    System.out.println("Also in " + target + ": results.json, results.svg");
    System.exit(0);
  }

  private Map<String, Measured> scenario(long sqsMillis, long databaseMillis, String jar)
      throws Exception {
    Map<String, List<Measured>> rounds = new LinkedHashMap<>();
    try (Trial.Server sqs = Trial.startSqs(sqsMillis, folder);
        LocalPostgres postgres = LocalPostgres.start();
        DelayProxy proxy = new DelayProxy(postgres.port(), databaseMillis)) {
      for (int round = 1; round <= ROUNDS; round++) {
        for (Contestant contestant : Contestant.all(jar)) {
          if (!contestant.name().startsWith(ONLY)) {
            continue;
          }
          TestDatabase database = postgres.database();
          int port = databaseMillis == 0 ? postgres.port() : proxy.port();
          Measured measured =
              new Trial(contestant, sqs, environment(sqs, database, port), folder).run();
          System.out.printf(
              "%3d ms  round %d  %-9s %,8.0f msg/s%n",
              sqsMillis, round, contestant.name(), measured.messagesPerSecond());
          rounds.computeIfAbsent(contestant.name(), name -> new ArrayList<>()).add(measured);
        }
      }
    }
    Map<String, Measured> medians = new LinkedHashMap<>();
    rounds.forEach((name, all) -> medians.put(name, Measured.median(all)));
    return medians;
  }

  private Map<String, String> environment(Trial.Server sqs, TestDatabase database, int port) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("AWS_ENDPOINT_URL", "http://127.0.0.1:" + sqs.port());
    environment.put("AWS_REGION", "eu-central-1");
    environment.put("AWS_ACCESS_KEY_ID", "x");
    environment.put("AWS_SECRET_ACCESS_KEY", "x");
    environment.put(
        "CAMELEON_DB_URL", "jdbc:postgresql://localhost:" + port + "/" + database.name());
    environment.put("CAMELEON_KEYSET", keyset.toString());
    environment.put("CAMELEON_HTTP_PORT", "0");
    return environment;
  }
}
