package dev.cameleon.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Notices that the files of a folder have changed and then stayed the same for a second. It
 * compares contents: a file system's events do not come from every volume, nor through the links of
 * a Kubernetes ConfigMap. Not thread-safe.
 */
final class FolderWatch {
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Path folder;

  /** What was reloaded last; empty: it could not be read. */
  private Optional<RouteFiles> known;

  private Optional<RouteFiles> seen;
  private long sinceNanos = System.nanoTime();

  FolderWatch(RouteFiles known) {
    this.folder = known.folder();
    this.known = Optional.of(known);
    this.seen = this.known;
  }

  /** Whether the files have changed since the last reload; true once for each change. */
  boolean hasChanged() {
    Optional<RouteFiles> now = read();
    if (!now.equals(seen)) {
      seen = now;
      sinceNanos = System.nanoTime();
    }
    if (seen.equals(known) || System.nanoTime() - sinceNanos < QUIET_NANOS) {
      return false;
    }
    known = seen;
    return true;
  }

  /** The files as they have been for a second, after {@link #hasChanged}; empty: unreadable. */
  Optional<RouteFiles> files() {
    return known;
  }

  /** Takes these files as known: they are being reloaded. */
  void saw(RouteFiles files) {
    known = Optional.of(files);
  }

  private Optional<RouteFiles> read() {
    try {
      return Optional.of(RouteFiles.readOnce(folder));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
