package dev.cameleon.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.camel.util.FileUtil;

/** A folder in memory, locked as long as this JVM lives. */
final class MemoryFolder {
  private static final Path MEMORY = Path.of("/dev/shm");
  private static final String PREFIX = "cameleon-tests-";
  private static final String LOCK = "lock";

  /** Docker's default of 64 MB is too little. */
  private static final long LEAST_BYTES = 3L << 30;

  /** A folder that is younger may not be locked yet. */
  private static final Duration YOUNG = Duration.ofMinutes(1);

  /** Open until this JVM ends. */
  private static final List<FileChannel> LOCKS = new ArrayList<>();

  private MemoryFolder() {}

  /** A new folder, or nothing if there is not enough memory for it. */
  static Optional<Path> create() {
    try {
      if (!Files.isWritable(MEMORY)) {
        return Optional.empty();
      }
      Path folder = Files.createTempDirectory(MEMORY, PREFIX);
      folder.toFile().deleteOnExit();
      folder.resolve(LOCK).toFile().deleteOnExit();
      LOCKS.add(lock(folder));
      deleteLeftOnes(Files.getOwner(folder));
      return Files.getFileStore(MEMORY).getUsableSpace() < LEAST_BYTES
          ? Optional.empty()
          : Optional.of(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The open and locked file, or null if another JVM has the lock. */
  private static FileChannel lock(Path folder) throws IOException {
    FileChannel file =
        FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (file.tryLock() != null) {
      return file;
    }
    file.close();
    return null;
  }

  /** Deletes the folders of JVMs that were killed, because they take memory. */
  private static void deleteLeftOnes(UserPrincipal owner) throws IOException {
    List<Path> others;
    try (Stream<Path> folders = Files.list(MEMORY)) {
      others = folders.filter(path -> path.getFileName().toString().startsWith(PREFIX)).toList();
    }
    for (Path other : others) {
      try {
        deleteIfLeft(other, owner);
      } catch (NoSuchFileException e) {
        // another JVM has deleted it meanwhile
      }
    }
  }

  private static void deleteIfLeft(Path other, UserPrincipal owner) throws IOException {
    if (Files.isDirectory(other, LinkOption.NOFOLLOW_LINKS)
        && Files.getOwner(other).equals(owner)
        && Files.getLastModifiedTime(other).toInstant().isBefore(Instant.now().minus(YOUNG))) {
      try (FileChannel lock = lock(other)) {
        if (lock != null) {
          FileUtil.removeDir(other.toFile());
        }
      }
    }
  }
}
