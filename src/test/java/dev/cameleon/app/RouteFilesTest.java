package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** All files read from a folder are from the same moment, even if the folder changes. */
class RouteFilesTest {
  private static final Duration READING = Duration.ofSeconds(1);

  @TempDir private Path folder;

  @Test
  void onlyTheFilesThatRunAreRead() throws Exception {
    state("1");
    Files.writeString(folder.resolve("notes.txt"), "x");
    Files.createDirectory(folder.resolve("tests"));

    RouteFiles files = RouteFiles.read(folder);

    assertThat(files.contents().keySet())
        .containsExactly("a.camel.yaml", "load.sql", "login.schema.json");
    assertThat(files.routes()).containsExactly("a.camel.yaml");
    assertThat(files.text("load.sql")).isEqualTo("1");
    assertThat(files).isEqualTo(RouteFiles.read(folder));
  }

  /** At the shorter pause, a read without the comparison would mix two states at once. */
  @ParameterizedTest
  @CsvSource({"1, 0", "150, 1"})
  void aFolderIsNeverReadHalfOldAndHalfNew(int longestPauseMillis, int leastReads)
      throws Exception {
    Path link = folder.resolve("link");
    AtomicBoolean done = new AtomicBoolean();
    Random random = new Random(1);
    Files.createSymbolicLink(link, newState("begin"));
    CompletableFuture<Void> swapping =
        CompletableFuture.runAsync(
            () -> {
              for (int i = 0; !done.get(); i++) {
                swap(link, Integer.toString(i));
                LockSupport.parkNanos(random.nextLong(longestPauseMillis * 1_000_000L));
              }
            });
    long end = System.nanoTime() + READING.toNanos();
    int reads = 0;
    try {
      while (System.nanoTime() < end) {
        try {
          RouteFiles files = RouteFiles.read(link);
          assertThat(files.contents().values().stream().distinct()).hasSize(1);
          reads++;
        } catch (IOException e) {
          assertThat(e).hasMessage("the files change while they are read");
        }
      }
    } finally {
      done.set(true);
      swapping.join();
    }
    assertThat(reads).isGreaterThanOrEqualTo(leastReads);
  }

  @Test
  void aMissingFileAndAMissingFolderAreFailures() throws Exception {
    assertThatThrownBy(() -> RouteFiles.read(folder.resolve("none")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> RouteFiles.read(folder).text("load.sql"))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void aChangeCountsOnceItHasLastedForASecond() throws Exception {
    state("1");
    FolderWatch watch = new FolderWatch(RouteFiles.read(folder));
    assertThat(watch.hasChanged()).isFalse();

    state("2");
    assertThat(watch.hasChanged()).isFalse();
    Awaitility.await().until(watch::hasChanged);
    assertThat(watch.files()).contains(RouteFiles.read(folder));
    assertThat(watch.hasChanged()).as("the same change again").isFalse();

    Files.delete(folder.resolve("load.sql"));
    Awaitility.await().until(watch::hasChanged);
    assertThat(watch.files().orElseThrow().contents()).doesNotContainKey("load.sql");
  }

  private void state(String content) throws IOException {
    state(folder, content);
  }

  private static void state(Path folder, String content) throws IOException {
    for (String name : new String[] {"a.camel.yaml", "load.sql", "login.schema.json"}) {
      Files.writeString(folder.resolve(name), content);
    }
  }

  private Path newState(String content) throws IOException {
    Path state = Files.createDirectory(folder.resolve("state-" + content));
    state(state, content);
    return state;
  }

  private void swap(Path link, String content) {
    try {
      Path next = link.resolveSibling("next");
      Files.createSymbolicLink(next, newState(content));
      Files.move(next, link, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
