package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All files read from a folder are from the same moment, even if the folder changes. */
class RouteFilesTest {
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

  @Test
  void aFolderIsNeverReadHalfOldAndHalfNew() throws Exception {
    Path link = folder.resolve("link");
    AtomicBoolean done = new AtomicBoolean();
    Files.createSymbolicLink(link, newState("begin"));
    CompletableFuture<Void> swapping =
        CompletableFuture.runAsync(
            () -> {
              for (int i = 0; !done.get(); i++) {
                swap(link, Integer.toString(i));
              }
            });
    try {
      for (int i = 0; i < 20; i++) {
        try {
          RouteFiles files = RouteFiles.read(link);
          assertThat(files.contents().values().stream().distinct()).hasSize(1);
        } catch (IOException e) {
          assertThat(e).hasMessage("the files change while they are read");
        }
      }
    } finally {
      done.set(true);
      swapping.join();
    }
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
