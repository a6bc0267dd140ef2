package dev.cameleon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A process of which any part runs out of memory ends, with 3. */
class OutOfMemoryTest {
  @Test
  void aThreadThatDiesOfItEndsTheProcess() throws Exception {
    assertThat(exitCode("thread")).isEqualTo(3);
  }

  @Test
  void aPeriodicTaskThatFailsOfItEndsTheProcess() throws Exception {
    assertThat(exitCode("clock")).isEqualTo(3);
  }

  private static int exitCode(String where) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    Hungry.class.getName(),
                    where))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  /** Runs out of memory in one place. */
  static final class Hungry {
    private Hungry() {}

    public static void main(String[] where) {
      Cameleon.handleDeadThreads();
      Runnable eat =
          () -> {
            throw new OutOfMemoryError("as a test has it");
          };
      if (where[0].equals("clock")) {
        new Upkeep(Executors.newScheduledThreadPool(1)).every(1, "hungry", eat);
      } else {
        Executors.newFixedThreadPool(1).execute(eat);
      }
    }
  }
}
