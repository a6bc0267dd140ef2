package dev.cameleon.cli;

import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.errors.SafeQuote;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code init}: writes the shipped routes and properties, for someone who has only the jar. */
@Command(
    name = "init",
    mixinStandardHelpOptions = true,
    description = "Write the shipped routes and application.properties into a folder.")
public final class InitCommand implements Callable<Integer> {
  /** The files in the jar below {@code /shipped}; a test compares them with the repository. */
  static final List<String> SHIPPED =
      List.of(
          "application.properties",
          "routes/ingest.camel.yaml",
          "routes/prepare.camel.yaml",
          "routes/load.camel.yaml",
          "routes/dead-letter.camel.yaml",
          "routes/errors.camel.yaml",
          "routes/login.schema.json",
          "routes/load.sql",
          "routes/tests/login.yaml",
          "routes/ROUTES.md",
          "routes/PIPELINES.md");

  /** The place of a file in the jar, if it differs from the place where it is written. */
  private static final Map<String, String> PLACES =
      Map.of("routes/ROUTES.md", "docs/ROUTES.md", "routes/PIPELINES.md", "docs/PIPELINES.md");

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "The folder; init creates it if it does not exist.")
  private Path folder;

  @Override
  public Integer call() throws FailedException {
    List<String> existing = new ArrayList<>();
    for (String name : SHIPPED) {
      if (Files.exists(folder.resolve(name))) {
        existing.add(name);
      }
    }
    if (!existing.isEmpty()) {
      throw new FailedException(
          "nothing was written: "
              + SafeQuote.path(folder)
              + " has "
              + String.join(", ", existing)
              + " already; name another folder");
    }
    for (String name : SHIPPED) {
      write(name);
    }
    spec.commandLine()
        .getOut()
        .printf(
            "Wrote %d files to %s; next, set the queues and the database in"
                + " application.properties, and run in that folder with this jar:%n  keys create"
                + " --out keys/mask.json%n  migrate%n  check%n  test%n  run%n",
            SHIPPED.size(), SafeQuote.path(folder));
    return ExitCode.DONE;
  }

  private void write(String name) throws FailedException {
    Path target = folder.resolve(name);
    try (InputStream content =
        InitCommand.class.getResourceAsStream("/shipped/" + PLACES.getOrDefault(name, name))) {
      Files.createDirectories(target.toAbsolutePath().getParent());
      Files.copy(content, target);
    } catch (IOException e) {
      throw new FailedException(
          SafeQuote.path(target) + " cannot be written (" + e.getClass().getSimpleName() + ")");
    }
  }
}
