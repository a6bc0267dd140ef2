package dev.cameleon.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The CPU time that processes have used so far. */
final class CpuTime {
  private final Supplier<Stream<ProcessHandle>> processes;

  private CpuTime(Supplier<Stream<ProcessHandle>> processes) {
    this.processes = processes;
  }

  static CpuTime of(List<Process> processes) {
    return new CpuTime(() -> processes.stream().map(Process::toHandle));
  }

  /** The CPU time of a PostgreSQL server: of the current processes, including its connections. */
  static CpuTime ofPostgres(Path data) throws IOException {
    long pid = Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid")).get(0));
    ProcessHandle server = ProcessHandle.of(pid).orElseThrow();
    return new CpuTime(() -> Stream.concat(Stream.of(server), server.children()));
  }

  double seconds() {
    return processes
        .get()
        .map(process -> process.info().totalCpuDuration().orElse(Duration.ZERO))
        .mapToDouble(cpu -> cpu.toMillis() / 1000.0)
        .sum();
  }
}
