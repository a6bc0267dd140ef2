package dev.cameleon.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** The files of the routes: those of a folder or, if it has none, the shipped ones. */
final class RouteFiles {
  /** The file of the one definition of how a message is prepared. */
  static final String PREPARE = "prepare.camel.yaml";

  private static final String PATTERN = "*.camel.yaml";
  private static final List<String> SHIPPED =
      List.of("ingest", "prepare", "load", "dead-letter", "errors");

  private RouteFiles() {}

  /**
   * The files of a folder, by name.
   *
   * @return empty: the shipped ones are used
   * @throws UncheckedIOException if the folder cannot be listed
   */
  static List<Path> in(Path folder) {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, PATTERN)) {
      found.forEach(files::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Collections.sort(files);
    return files;
  }

  /** What Camel must load for the whole pipeline. */
  static String all(Path folder) {
    return in(folder).isEmpty()
        ? SHIPPED.stream()
            .map(name -> shipped(name + ".camel.yaml"))
            .collect(Collectors.joining(","))
        : "file:" + absolute(folder) + "/" + PATTERN;
  }

  /** What Camel must load to prepare messages only. */
  static String prepare(Path folder) {
    return in(folder).isEmpty() ? shipped(PREPARE) : "file:" + absolute(folder) + "/" + PREPARE;
  }

  private static String shipped(String file) {
    return "classpath:shipped/routes/" + file;
  }

  private static Path absolute(Path folder) {
    return folder.toAbsolutePath().normalize();
  }
}
