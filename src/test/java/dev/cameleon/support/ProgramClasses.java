package dev.cameleon.support;

import dev.cameleon.Cameleon;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.util.FileUtil;

/**
 * The classes that a {@link Program} runs: the packaged jar if the system property {@code
 * cameleon.jar} names it, else a jar made of the build's classes. An archive of them, as {@code
 * aot} writes it, saves work at each start. All test JVMs share both.
 *
 * @param arguments the JVM's arguments that name the classes
 * @param archive the archive, for {@link Program#USUAL_OPTIONS}; empty if there is none
 */
record ProgramClasses(List<String> arguments, Optional<Path> archive) {
  private static final String PACKAGED = System.getProperty("cameleon.jar", "");

  /** Whether it is worth writing an archive, which needs the servers of the tests. */
  private static final boolean ARCHIVED =
      Boolean.parseBoolean(System.getProperty("cameleon.archive", "true"));

  /** They are prepared at the first call. */
  static ProgramClasses prepared() {
    return Holder.PREPARED;
  }

  private static final class Holder {
    private static final ProgramClasses PREPARED =
        BuildFolder.locked("tests.lock", ProgramClasses::prepare);
  }

  private static ProgramClasses prepare() throws Exception {
    if (!ARCHIVED) {
      String all = System.getProperty("java.class.path");
      return new ProgramClasses(List.of("-cp", all, Cameleon.class.getName()), Optional.empty());
    }
    if (!PACKAGED.isEmpty()) {
      List<String> arguments = List.of("-jar", PACKAGED);
      return new ProgramClasses(arguments, archive(Path.of(PACKAGED), arguments));
    }
    Path classes = BuildFolder.classes();
    Path jar = jar(classes);
    String jars = jar + classPath(path -> path.endsWith(".jar"));
    // Folders may follow the archived jars: here the tests' own classes.
    String all = jars + classPath(path -> !path.endsWith(".jar") && !Path.of(path).equals(classes));
    return new ProgramClasses(
        List.of("-cp", all, Cameleon.class.getName()),
        archive(jar, List.of("-cp", jars, Cameleon.class.getName())));
  }

  /** Java archives no classes of folders. */
  private static Path jar(Path classes) throws Exception {
    Path jar = BuildFolder.file("tests.jar");
    FileTime newest;
    try (Stream<Path> files = Files.walk(classes)) {
      newest = files.map(ProgramClasses::modified).max(FileTime::compareTo).orElseThrow();
    }
    if (!Files.exists(jar) || modified(jar).compareTo(newest) < 0) {
      String[] create = {"--create", "--no-compress", "--file", "" + jar, "-C", "" + classes, "."};
      if (ToolProvider.findFirst("jar").orElseThrow().run(System.out, System.err, create) != 0) {
        throw new IllegalStateException("no " + jar);
      }
    }
    return jar;
  }

  private static String classPath(Predicate<String> which) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(which)
        .map(path -> File.pathSeparator + path)
        .collect(Collectors.joining());
  }

  /** If the command of the archive fails, there is none, and programs start without. */
  private static Optional<Path> archive(Path jar, List<String> arguments) throws Exception {
    // Java refuses an archive of another version or of other jars, and says so on standard output.
    int fits = List.of(Runtime.version(), System.getProperty("java.home"), arguments).hashCode();
    Path archive = BuildFolder.file("tests-" + Integer.toHexString(fits) + ".jsa");
    if (!Files.exists(archive) || modified(archive).compareTo(modified(jar)) < 0) {
      Path folder = Files.createTempDirectory("archive");
      Path written = folder.resolve("new.jsa");
      List<String> command = Program.java(Program.USUAL_OPTIONS.split(" "));
      command.addAll(List.of("-Xlog:disable", "-XX:ArchiveClassesAtExit=" + written));
      command.addAll(arguments);
      command.add("check");
      ProcessBuilder check = new ProcessBuilder(command).redirectErrorStream(true);
      check.environment().clear();
      check.environment().putAll(Site.in(folder).environment());
      check.redirectOutput(folder.resolve("check.txt").toFile());
      if (check.start().waitFor() == 0) {
        Files.move(written, archive, StandardCopyOption.REPLACE_EXISTING);
      }
      FileUtil.removeDir(folder.toFile());
    }
    return Optional.of(archive).filter(Files::exists);
  }

  private static FileTime modified(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
