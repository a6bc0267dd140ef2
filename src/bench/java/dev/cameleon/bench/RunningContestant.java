package dev.cameleon.bench;

import dev.cameleon.support.LocalPostgres.TestDatabase;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A running contestant: its processes, with its own queue and database. It rests while its queue is empty, so that all can be warm and still take turns.
 */
final class RunningContestant {
  private static final long START_SECONDS = 60;
  private static final long END_SECONDS = 60;
  private static final int LONE_MESSAGES = 21;

  private final Contestant contestant;
  private final SqsProcess sqs;
  private final TestDatabase database;
  private final Path log;
  private final List<Process> processes = new ArrayList<>();
  private double firstRowSeconds;

  RunningContestant(Contestant contestant, SqsProcess sqs, TestDatabase database, Path log) {
    this.contestant = contestant;
    this.sqs = sqs;
    this.database = database;
    this.log = log;
  }

  private String queue() {
    return database.name();
  }

  String name() {
    return contestant.name();
  }

  /** Whether its messages are deleted without a row. */
  boolean storesNothing() {
    return name().startsWith("bare") || name().equals("stand-in");
  }

  /** Starts it on a full queue, and lets it work until it is warm. */
  void start(Map<String, String> environment) throws IOException, InterruptedException {
    sqs.fill(queue(), contestant.newValues());
    long began = System.nanoTime();
    for (int i = 0; i < contestant.processes(); i++) {
      processes.add(contestant.start(environment, queue(), log));
    }
    while (sqs.counts(queue()).deleted() == 0) {
      if (seconds(began) > START_SECONDS) {
        throw new IllegalStateException(name() + " does not start:\n" + Files.readString(log));
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
    firstRowSeconds = seconds(began);
    TimeUnit.SECONDS.sleep(contestant.warmUpSeconds());
    rest();
  }

  private void rest() throws IOException, InterruptedException {
    sqs.empty(queue());
    long deleted = -1;
    while (deleted != sqs.counts(queue()).deleted()) {
      deleted = sqs.counts(queue()).deleted();
      TimeUnit.MILLISECONDS.sleep(300);
    }
    if (processes.stream().anyMatch(process -> !process.isAlive())) {
      throw new IllegalStateException(name() + " has ended:\n" + Files.readString(log));
    }
  }

  /** Measures it for some seconds on a full queue. */
  Measured measure(long measuredSeconds, CpuTime postgres)
      throws IOException, InterruptedException {
    CpuTime cpu = CpuTime.of(processes);
    CpuTime sqsCpu = CpuTime.of(List.of(sqs.process()));
    sqs.fill(queue(), contestant.newValues());
    TimeUnit.SECONDS.sleep(1);
    SqsProcess.Counts before = sqs.counts(queue());
    double ownBefore = cpu.seconds();
    double sqsBefore = sqsCpu.seconds();
    double postgresBefore = postgres.seconds();
    long began = System.nanoTime();
    TimeUnit.SECONDS.sleep(measuredSeconds);
    SqsProcess.Counts after = sqs.counts(queue());
    double seconds = seconds(began);
    double thousands = (after.deleted() - before.deleted()) / 1000.0;
    Measured measured =
        new Measured(
            thousands * 1000 / seconds,
            (cpu.seconds() - ownBefore) / thousands,
            (sqsCpu.seconds() - sqsBefore) / thousands,
            (postgres.seconds() - postgresBefore) / thousands,
            (after.calls() - before.calls()) / thousands,
            peakMegabytes(),
            firstRowSeconds);
    rest();
    return measured;
  }

  /** Measures it while idle, then stops it. */
  Idle idle(long idleSeconds) throws IOException, InterruptedException {
    CpuTime cpu = CpuTime.of(processes);
    double cpuBefore = cpu.seconds();
    long receives = sqs.counts(queue()).receives();
    TimeUnit.SECONDS.sleep(idleSeconds);
    double receivesPer10 = (sqs.counts(queue()).receives() - receives) * 10.0 / idleSeconds;
    double cpuShare = (cpu.seconds() - cpuBefore) / idleSeconds;
    List<Double> latencies = new ArrayList<>();
    for (int i = 0; i < LONE_MESSAGES; i++) {
      latencies.add(loneMessageMillis());
    }
    long began = System.nanoTime();
    processes.forEach(Process::destroy);
    for (Process process : processes) {
      if (process.waitFor() != 0) {
        throw new IllegalStateException(name() + " ended badly:\n" + Files.readString(log));
      }
    }
    return new Idle(receivesPer10, cpuShare, Measured.median(latencies), seconds(began));
  }

  /** The median time from sending to deletion, which is slightly later than the commit. */
  private double loneMessageMillis() throws IOException, InterruptedException {
    long deleted = sqs.counts(queue()).deleted();
    long began = System.nanoTime();
    sqs.send(queue(), 1);
    while (sqs.counts(queue()).deleted() == deleted) {
      TimeUnit.MILLISECONDS.sleep(2);
    }
    double millis = seconds(began) * 1000;
    // So that the next message finds all polls waiting again, and the aggregator at a random point
    // of its interval.
    TimeUnit.MILLISECONDS.sleep(150 + (long) (millis * 7 % 200));
    return millis;
  }

  /**
   * Checks that every deleted message was stored.
   *
   * @throws IllegalStateException if one was not
   */
  void requireRows() throws IOException, InterruptedException {
    long deleted = sqs.counts(queue()).deleted();
    long rows = database.number("SELECT count(*) FROM public.user_logins");
    if (rows < deleted) {
      throw new IllegalStateException(name() + " deleted " + deleted + " and stored " + rows);
    }
  }

  static double seconds(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) / (double) Duration.ofSeconds(1).toNanos();
  }

  /** The peak memory of its largest process. */
  private double peakMegabytes() throws IOException {
    double peak = 0;
    for (Process process : processes) {
      peak = Math.max(peak, Measured.peakMegabytes(process));
    }
    return peak;
  }

  void end() throws InterruptedException {
    for (Process process : processes) {
      end(process);
    }
  }

  /** Stops a process, gently at first, because a recording or an archive is written at the end. */
  static void end(Process process) throws InterruptedException {
    process.destroy();
    if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
