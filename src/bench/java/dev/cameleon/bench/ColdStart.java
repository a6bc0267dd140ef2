package dev.cameleon.bench;

import dev.cameleon.support.LocalPostgres;
import dev.cameleon.support.LocalPostgres.TestDatabase;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * {@code mvn -q -Pbench -Dbench.cold=10000,100000}: from the start of a process to the deletion of the last of this many waiting messages. The contestants take turns; each turn is a new process, a new queue and a new database
 * with its tables.
 */
final class ColdStart {
  /** A contestant that has not deleted all messages by then is stopped. */
  private static final double LIMIT_SECONDS = 180;

  /** It needs minutes where others need seconds, and its rate is evident sooner. */
  private static final double NAIVE_LIMIT_SECONDS = 20;

  private static final long SAMPLE_MILLIS = 100;

  private final Bench bench;
  private final String jar;
  private final ColdReport report = new ColdReport(Bench.ROUNDS);

  private ColdStart(Bench bench, String jar) {
    this.bench = bench;
    this.jar = jar;
  }

  static void main(Bench bench, String jar) throws Exception {
    ColdStart cold = new ColdStart(bench, jar);
    for (String millis : Bench.property("bench.millis", "0,20").split(",", -1)) {
      for (String messages : Bench.property("bench.cold", "").split(",", -1)) {
        cold.scenario(Long.parseLong(millis), Integer.parseInt(messages));
      }
    }
    System.out.println(cold.report.table());
    Path target = Files.createDirectories(Path.of("target", "bench"));
    Files.writeString(target.resolve("cold.json"), cold.report.json());
    Files.writeString(target.resolve("cold.svg"), cold.report.svg());
    System.out.println("Also in " + target + ": cold.json, cold.svg");
  }

  private void scenario(long sqsMillis, int messages) throws Exception {
    Path postgresFolder = Files.createTempDirectory(bench.folder, "postgres");
    Map<String, List<ColdRun>> runs = new LinkedHashMap<>();
    try (LocalPostgres postgres = LocalPostgres.start(postgresFolder);
        SqsProcess sqs = SqsProcess.start(sqsMillis, bench.folder.resolve("sqs.log"));
        DelayProxy proxy = new DelayProxy(postgres.port(), Bench.DATABASE_MILLIS)) {
      int databasePort = sqsMillis == 0 ? postgres.port() : proxy.port();
      // Round 0 is not counted: it warms up the stand-in and PostgreSQL.
      for (int round = 0; round <= Bench.ROUNDS; round++) {
        for (Contestant contestant : contestants(sqsMillis)) {
          TestDatabase database = postgres.database();
          Map<String, String> environment = bench.environment(sqs, database, databasePort);
          ColdRun run = run(contestant, environment, sqs, database, messages);
          System.out.printf(
              "%3d ms, %,d messages, round %d  %-10s %5.1f s, first %.1f s%n",
              sqsMillis, messages, round, contestant.name(), run.seconds(), run.firstSeconds());
          if (round > 0) {
            runs.computeIfAbsent(contestant.name(), name -> new ArrayList<>()).add(run);
          }
          postgres.drop(database);
        }
      }
    }
    report.add(sqsMillis, messages, runs);
  }

  private List<Contestant> contestants(long sqsMillis) {
    List<String> cold = List.of("bare", "by hand", "naive", "spring", "cameleon");
    List<Contestant> all =
        new ArrayList<>(Contestant.all(jar, sqsMillis > 0, Bench.property("bench.try", "")));
    all.removeIf(each -> !cold.contains(each.name()) && !each.name().startsWith("tried"));
    all.add(Contestant.job(jar));
    return all.stream().filter(each -> Bench.matches(each.name())).toList();
  }

  private ColdRun run(
      Contestant contestant,
      Map<String, String> environment,
      SqsProcess sqs,
      TestDatabase database,
      int messages)
      throws IOException, InterruptedException {
    Path log = Files.createTempFile(bench.folder, "cold", ".log");
    bench.migrate(jar, environment, log);
    String queue = database.name();
    sqs.send(queue, messages);
    List<Long> deleted = new ArrayList<>();
    double first = 0;
    double limit = contestant.name().equals("naive") ? NAIVE_LIMIT_SECONDS : LIMIT_SECONDS;
    long began = System.nanoTime();
    Process process = contestant.start(environment, queue, log);
    try {
      long now = 0;
      double seconds = 0;
      while (now < messages && seconds < limit) {
        TimeUnit.MILLISECONDS.sleep(now == 0 ? SAMPLE_MILLIS / 10 : SAMPLE_MILLIS);
        if (!process.isAlive()) {
          throw new IllegalStateException(
              contestant.name() + " has ended:\n" + Files.readString(log));
        }
        now = sqs.counts(queue).deleted();
        seconds = RunningContestant.seconds(began);
        first = now > 0 && first == 0 ? seconds : first;
        while (deleted.size() < (long) seconds) {
          deleted.add(now);
        }
      }
      double cpu = CpuTime.of(List.of(process)).seconds();
      double peak = Measured.peakMegabytes(process);
      if (!contestant.name().equals("bare")
          && database.number("SELECT count(*) FROM public.user_logins") < now) {
        throw new IllegalStateException(contestant.name() + " deleted more than it stored");
      }
      return new ColdRun(seconds, first, now, cpu, peak, deleted);
    } finally {
      RunningContestant.end(process);
    }
  }
}
