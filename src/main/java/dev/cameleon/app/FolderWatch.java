package dev.cameleon.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Notices that the files of a folder have changed and then stayed the same for a second. It
 * compares contents: not every volume sends file system events, and they do not pass through the
 * links of a Kubernetes ConfigMap. Not thread-safe.
 */
final class FolderWatch {
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Path folder;

  /** The files of the last reload; empty if they could not be read. */
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

  /** The files that {@link #hasChanged} noticed; empty if they are unreadable. */
  Optional<RouteFiles> files() {
    return known;
  }

  /** Marks these files as known, because they are being reloaded. */
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
