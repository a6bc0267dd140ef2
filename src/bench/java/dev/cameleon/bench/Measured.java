package dev.cameleon.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * One contestant in one round.
 *
 * @param messagesPerSecond messages deleted from the queue per second
 * @param cpuSecondsPer1000 CPU time of the contestant's processes, per 1000 messages
 * @param sqsCpuSecondsPer1000 CPU time of the SQS stand-in, per 1000 messages
 * @param postgresCpuSecondsPer1000 CPU time of PostgreSQL, per 1000 messages
 * @param callsPer1000 calls to SQS of any kind, per 1000 messages
 * @param peakMegabytes the peak memory of the process so far (VmHWM)
 * @param firstRowSeconds from the process's start to the first deleted message
 */
record Measured(
    double messagesPerSecond,
    double cpuSecondsPer1000,
    double sqsCpuSecondsPer1000,
    double postgresCpuSecondsPer1000,
    double callsPer1000,
    double peakMegabytes,
    double firstRowSeconds) {

  /** The median of each figure separately. */
  static Measured medians(List<Measured> rounds) {
    return new Measured(
        median(rounds, Measured::messagesPerSecond),
        median(rounds, Measured::cpuSecondsPer1000),
        median(rounds, Measured::sqsCpuSecondsPer1000),
        median(rounds, Measured::postgresCpuSecondsPer1000),
        median(rounds, Measured::callsPer1000),
        median(rounds, Measured::peakMegabytes),
        median(rounds, Measured::firstRowSeconds));
  }

  private static double median(List<Measured> rounds, ToDoubleFunction<Measured> figure) {
    return median(rounds.stream().map(figure::applyAsDouble).toList());
  }

  /** The peak memory of a process so far (VmHWM). Linux only; elsewhere 0. */
  static double peakMegabytes(Process process) throws IOException {
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

  static double median(List<Double> figures) {
    double[] sorted = figures.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1
        ? sorted[middle]
        : Arrays.stream(sorted, middle - 1, middle + 1).average().orElse(0);
  }
}
