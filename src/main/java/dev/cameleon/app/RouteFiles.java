package dev.cameleon.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.ResourceHelper;

/**
 * A snapshot of the files of a pipeline's folder: the checked files are the ones that run, even if
 * the folder changes meanwhile. A folder without routes gets the shipped ones. Two snapshots are
 * equal if their contents are.
 *
 * @param folder the folder, as it is configured
 * @param shipped whether the routes are the shipped ones
 * @param contents the bytes of each file, by its name
 */
public record RouteFiles(Path folder, boolean shipped, TreeMap<String, ByteBuffer> contents) {
  /** The contract's file. */
  static final String CONTRACT = "login.schema.json";

  /** The file of the INSERT statements. */
  static final String LOAD_SQL = "load.sql";

  /** The routes' files, as a glob. */
  static final String ROUTES = "*.camel.yaml";

  /** The file of the route {@code prepare}. */
  static final String PREPARE = "prepare.camel.yaml";

  private static final TreeMap<String, ByteBuffer> SHIPPED = new TreeMap<>();

  static {
    for (String name :
        List.of(
            "dead-letter.camel.yaml",
            "errors.camel.yaml",
            "ingest.camel.yaml",
            "load.camel.yaml",
            PREPARE)) {
      try (InputStream file = RouteFiles.class.getResourceAsStream("/shipped/routes/" + name)) {
        SHIPPED.put(name, ByteBuffer.wrap(file.readAllBytes()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static final PathMatcher RUNS =
      FileSystems.getDefault()
          .getPathMatcher("glob:{" + ROUTES + "," + CONTRACT + "," + LOAD_SQL + "}");

  /** One second in all. */
  private static final int ATTEMPTS = 50;

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /**
   * Reads the folder until two reads are equal: a file may be replaced, or the whole folder
   * switched (as Kubernetes does with a ConfigMap), between the reads of two files.
   *
   * @throws IOException if the folder or a file in it cannot be read, or never stays the same
   */
  static RouteFiles read(Path folder) throws IOException {
    RouteFiles before = null;
    IOException failure = new IOException("the files change while they are read");
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        RouteFiles now = readOnce(folder);
        if (now.equals(before)) {
          return now;
        }
        before = now;
      } catch (NoSuchFileException e) {
        failure = e; // a file was removed between the listing and its read
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    throw failure;
  }

  /** Reads each file once; the files may be from different moments. */
  static RouteFiles readOnce(Path folder) throws IOException {
    TreeMap<String, ByteBuffer> contents = new TreeMap<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(folder, file -> RUNS.matches(file.getFileName()))) {
      for (Path file : files) {
        contents.put(file.getFileName().toString(), ByteBuffer.wrap(Files.readAllBytes(file)));
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    boolean shipped = contents.keySet().stream().noneMatch(RouteFiles::isRoute);
    if (shipped) {
      contents.putAll(SHIPPED);
    }
    return new RouteFiles(folder, shipped, contents);
  }

  private static boolean isRoute(String name) {
    return name.endsWith(ROUTES.substring(1));
  }

  /** These files with {@link #PREPARE} as the only route. */
  RouteFiles prepare() {
    TreeMap<String, ByteBuffer> prepare = new TreeMap<>(contents);
    prepare.keySet().removeIf(name -> !name.equals(PREPARE));
    return new RouteFiles(folder, shipped, prepare);
  }

  /** Whether there is a file of this name. */
  boolean has(String name) {
    return contents.containsKey(name);
  }

  /** The path of a file, for messages. */
  Path path(String name) {
    return (shipped && isRoute(name) ? Path.of("shipped/routes") : folder).resolve(name);
  }

  /**
   * The text of a file.
   *
   * @throws NoSuchFileException if there is none
   * @throws IOException if it is not UTF-8
   */
  String text(String name) throws IOException {
    ByteBuffer content = contents.get(name);
    if (content == null) {
      throw new NoSuchFileException(path(name).toString());
    }
    return StandardCharsets.UTF_8.newDecoder().decode(content.duplicate()).toString();
  }

  /** The names of the routes' files, in order. */
  List<String> routes() {
    return contents.keySet().stream().filter(RouteFiles::isRoute).toList();
  }

  /** The routes' files for Camel. */
  List<Resource> resources() {
    Path absolute = folder.toAbsolutePath().normalize();
    return routes().stream()
        .map(
            name ->
                ResourceHelper.fromBytes(
                    "file:" + absolute.resolve(name), contents.get(name).array()))
        .toList();
  }
}
