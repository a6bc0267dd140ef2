package dev.cameleon.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.camel.util.FileUtil;

/** A folder in memory. */
final class MemoryFolder {
  private static final Path MEMORY = Path.of("/dev/shm");

  /** Docker's default of 64 MB is too little. */
  private static final long LEAST_BYTES = 3L << 30;

  private MemoryFolder() {}

  /**
   * The path of a new folder, or nothing if there is not enough memory for it. Folders of processes
   * that ended without deleting theirs are deleted.
   */
  static Optional<Path> create(String prefix) {
    try {
      if (!Files.isWritable(MEMORY) || Files.getFileStore(MEMORY).getUsableSpace() < LEAST_BYTES) {
        return Optional.empty();
      }
      for (Path left : left(prefix)) {
        FileUtil.removeDir(left.toFile());
      }
      return Optional.of(MEMORY.resolve(prefix + ProcessHandle.current().pid()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> left(String prefix) throws IOException {
    try (Stream<Path> folders = Files.list(MEMORY)) {
      return folders.filter(folder -> hasEnded(folder.getFileName().toString(), prefix)).toList();
    }
  }

  private static boolean hasEnded(String name, String prefix) {
    return name.matches(prefix + "\\d+")
        && ProcessHandle.of(Long.parseLong(name.substring(prefix.length()))).isEmpty();
  }
}
