package dev.cameleon.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The packaged jar's classes in an archive, as {@code aot} writes it: each {@link Program} starts
 * with less work. The JVMs of the tests share it.
 */
final class JarArchive {
  private static final Path JAR = Path.of(System.getProperty("cameleon.jar", ""));

  private JarArchive() {}

  /** The archive. It is written at the first call. */
  static Path file() {
    return Holder.FILE;
  }

  private static final class Holder {
    private static final Path FILE = write();
  }

  private static Path write() {
    // Java refuses an archive of another version: it would say so on standard output.
    Path archive = JAR.resolveSibling("tests-" + Runtime.version().feature() + ".jsa");
    Path lockFile = JAR.resolveSibling("tests.lock");
    try (FileChannel channel =
        FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.lock();
      if (!Files.exists(archive) || isOlder(archive, JAR)) {
        train(archive);
      }
      return archive;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void train(Path archive) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("archive");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(Program.USUAL_OPTIONS.split(" ")));
    command.addAll(List.of("-Xlog:disable", "-XX:ArchiveClassesAtExit=" + archive));
    command.addAll(List.of("-jar", JAR.toString(), "check"));
    ProcessBuilder check = new ProcessBuilder(command).redirectErrorStream(true);
    check.environment().clear();
    check.environment().putAll(Site.in(folder).environment());
    check.redirectOutput(folder.resolve("check.txt").toFile());
    if (check.start().waitFor() != 0) {
      throw new IllegalStateException(Files.readString(folder.resolve("check.txt")));
    }
  }

  private static boolean isOlder(Path one, Path other) throws IOException {
    return Files.getLastModifiedTime(one).compareTo(Files.getLastModifiedTime(other)) < 0;
  }
}
