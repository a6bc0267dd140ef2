package dev.cameleon.support;

import dev.cameleon.Cameleon;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;

/** The folder of the build, with files that all test JVMs share. */
final class BuildFolder {
  private BuildFolder() {}

  /** The folder of the program's classes. */
  static Path classes() throws Exception {
    return Path.of(Cameleon.class.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  /** A file of this name. */
  static Path file(String name) throws Exception {
    return classes().resolveSibling(name);
  }

  /** Does something while no other JVM does it. */
  static <T> T locked(String lockFile, Callable<T> work) {
    try (FileChannel channel =
        FileChannel.open(file(lockFile), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.lock();
      return work.call();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
