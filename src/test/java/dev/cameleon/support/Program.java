package dev.cameleon.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Cameleon as a process. See {@link Commands} for commands within the test's own. */
public final class Program implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Short runs are faster without the optimizing compiler. */
  static final String USUAL_OPTIONS = "-Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

  private final Process process;
  private final Path out;
  private final Path err;

  private Program(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** The exit code and the output. */
  public record Result(int exitCode, String out, String err) {}

  /** The command of a JVM like this one, with these arguments; more may be added. */
  public static List<String> java(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(arguments));
    return command;
  }

  /** Starts it with only these environment variables. */
  public static Program start(Map<String, String> environment, Path folder, String... arguments)
      throws IOException {
    return start(environment, folder, "", USUAL_OPTIONS, arguments);
  }

  /** Starts it with these JVM options, e.g. {@code -Xmx128m}. */
  public static Program startWithHeap(
      String heap, Map<String, String> environment, Path folder, String... arguments)
      throws IOException {
    return start(environment, folder, "", heap, arguments);
  }

  private static Program start(
      Map<String, String> environment, Path folder, String input, String heap, String... arguments)
      throws IOException {
    List<String> command = java(heap.split(" "));
    ProgramClasses classes = ProgramClasses.prepared();
    if (heap.equals(USUAL_OPTIONS)) {
      classes.archive().ifPresent(archive -> command.add("-XX:SharedArchiveFile=" + archive));
    }
    command.addAll(classes.arguments());
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(folder, "out", ".txt");
    Path err = Files.createTempFile(folder, "err", ".txt");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.directory(folder.toFile());
    Path in = Files.writeString(Files.createTempFile(folder, "in", ".txt"), input);
    builder.redirectInput(in.toFile());
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    return new Program(builder.start(), out, err);
  }

  /** Runs it to its end. */
  public static Result run(Map<String, String> environment, Path folder, String... arguments)
      throws IOException, InterruptedException {
    return runWithInput("", environment, folder, arguments);
  }

  /** Runs it to its end with this standard input. */
  public static Result runWithInput(
      String input, Map<String, String> environment, Path folder, String... arguments)
      throws IOException, InterruptedException {
    try (Program program = start(environment, folder, input, USUAL_OPTIONS, arguments)) {
      return program.result();
    }
  }

  /** Waits for its end. */
  public Result result() throws IOException, InterruptedException {
    return result(PATIENCE);
  }

  /** Waits at most this long for its end. */
  public Result result(Duration patience) throws IOException, InterruptedException {
    if (!process.waitFor(patience.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("still running after " + patience + ":\n" + err());
    }
    return new Result(process.exitValue(), Files.readString(out), err());
  }

  /** Its standard error so far. */
  public String err() throws IOException {
    return Files.readString(err);
  }

  /** Its peak resident memory so far, in bytes; 0 if the system does not tell. */
  public long peakBytes() throws IOException {
    Path status = Path.of("/proc/" + process.pid() + "/status");
    if (!Files.exists(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElse(0);
  }

  /** Sends SIGTERM. */
  public void terminate() {
    process.destroy();
  }

  /** Sends SIGHUP, like a closing terminal. */
  public void hangUp() throws IOException, InterruptedException {
    signal("HUP");
  }

  /** Sends SIGSTOP: it pauses until {@link #goOn}. */
  public void standStill() throws IOException, InterruptedException {
    signal("STOP");
  }

  /** Sends SIGCONT. */
  public void goOn() throws IOException, InterruptedException {
    signal("CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  /** Whether this process ignores SIGHUP, which children inherit and JVMs then do not change. */
  public static boolean ignoresHangUp() throws IOException {
    Path status = Path.of("/proc/self/status");
    return Files.exists(status)
        && Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).trim(), 16) & 1) == 1);
  }

  /** Sends SIGKILL. */
  public void kill() {
    process.destroyForcibly();
  }

  /** Whether it runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
