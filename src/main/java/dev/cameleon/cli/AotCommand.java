package dev.cameleon.cli;

import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Invocation;
import dev.cameleon.errors.SafeQuote;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code aot}: writes an archive of the classes that {@code check} loads (application class data
 * sharing, JEP 350). Not the cache of JEP 483: Java 25 does not notice when that cache belongs to
 * another jar, and runs the other jar's classes.
 */
@Command(
    name = "aot",
    mixinStandardHelpOptions = true,
    description = {
      "Write an archive of loaded classes that makes this jar start faster:"
          + " java -XX:SharedArchiveFile=FILE -jar cameleon.jar run",
      "Runs check against the configured queues and database, and archives the classes that it"
          + " loads; changes nothing. Java ignores an archive that belongs to another jar"
          + " or Java version."
    })
public final class AotCommand implements Callable<Integer> {
  private static final Pattern ARCHIVES =
      Pattern.compile("-XX:(AOT|SharedArchiveFile|ArchiveClassesAtExit).*|-Xshare:.*");

  @Spec private CommandSpec spec;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The file to write, for example cameleon.jsa. An existing one is replaced.")
  private Path file;

  @Override
  public Integer call() throws FailedException, InterruptedException {
    Path target = file.toAbsolutePath();
    Path unfinished = target.resolveSibling(target.getFileName() + ".unfinished");
    try {
      List<String> output = new ArrayList<>();
      int code = train(unfinished, output);
      if (code != ExitCode.DONE || !Files.exists(unfinished)) {
        output.forEach(spec.commandLine().getErr()::println);
        throw new FailedException(
            code == ExitCode.DONE
                ? "Java wrote no archive; its output is above"
                : "no archive was written, because check failed; its findings are above");
      }
      Files.move(unfinished, target, StandardCopyOption.REPLACE_EXISTING);
      spec.commandLine()
          .getOut()
          .printf(
              "Wrote %s (%d MB), for this jar and Java %s; next:%n  java -XX:SharedArchiveFile=%s -jar %s"
                  + " run%n",
              SafeQuote.path(file),
              Files.size(target) >> 20,
              Runtime.version(),
              SafeQuote.path(file),
              SafeQuote.path(jar()));
      return ExitCode.DONE;
    } catch (IOException e) {
      throw new FailedException(
          SafeQuote.path(file) + " cannot be written (" + e.getClass().getSimpleName() + ")");
    } finally {
      unfinished.toFile().delete();
    }
  }

  /** Returns the exit code of {@code check}. */
  private int train(Path archive, List<String> output)
      throws IOException, FailedException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> !ARCHIVES.matcher(option).matches())
        .forEach(command::add);
    command.addAll(
        List.of(
            "-Xlog:disable",
            "-XX:ArchiveClassesAtExit=" + archive,
            "-jar",
            jar().toString(),
            "check"));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(Invocation.of(spec).environment());
    Process check = builder.start();
    try {
      check.getOutputStream().close();
      check.inputReader(StandardCharsets.UTF_8).lines().forEach(output::add);
      return check.waitFor();
    } finally {
      check.destroy();
    }
  }

  private static Path jar() throws FailedException {
    try {
      Path jar =
          Path.of(AotCommand.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      if (Files.isRegularFile(jar)) {
        return jar;
      }
    } catch (URISyntaxException e) {
      // reported below
    }
    throw new FailedException(
        "aot needs the packaged jar, but this program runs from a folder of classes");
  }
}
