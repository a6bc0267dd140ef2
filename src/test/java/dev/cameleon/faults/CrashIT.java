package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.settle.Account;
import dev.cameleon.settle.Outcome;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two processes, killed at random moments while messages flow. {@code -Dsoak=N} makes it N times as
 * long, {@code -Dseed=S} repeats a run.
 */
class CrashIT {
  private static final int SOAK = Integer.getInteger("soak", 1);
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final int KILLS = 20 * SOAK;
  private static final int MESSAGES_PER_KILL = 1000;
  private static final int MALFORMED_EVERY = 100;

  /** A part of what is sent per kill: the kill comes after one of them, the others follow. */
  private static final int PART = 50;

  @TempDir private Path folder;

  private final Random random = new Random(SEED);
  private final Program[] processes = new Program[2];
  private int killsWhileInHand;

  @Test
  void killedAtRandomMomentsNothingIsLostAndNothingIsDoubled() throws Exception {
    System.out.println("CrashIT seed=" + SEED + " kills=" + KILLS);
    Site site = Site.in(folder, 5);
    Traffic traffic = new Traffic(site);
    start(site, 0);
    start(site, 1);

    for (int kill = 0; kill < KILLS; kill++) {
      int victim = random.nextInt(2);
      awaitStarted(processes[victim]);
      sendAndKill(site, traffic, victim);
      start(site, victim);
    }
    kill(site, 0);
    kill(site, 1);
    Program.Result last =
        Program.run(site.environment(), folder, "run", "--until-empty", "--timeout", "55s");

    assertThat(last.exitCode()).as(last.err()).isZero();
    Account account = Ended.account(last.err());
    System.out.println(
        "CrashIT: " + killsWhileInHand + " kills while messages were in hand; at last " + account);
    assertThat(account.count(Outcome.RETURNED)).isZero();
    assertThat(account.inFlight()).isZero();
    assertThat(killsWhileInHand).isGreaterThan(KILLS / 2);
    assertThat(traffic.good() + traffic.malformed()).isEqualTo(KILLS * MESSAGES_PER_KILL);
    traffic.assertArrivedOnce();
  }

  private void sendAndKill(Site site, Traffic traffic, int victim) {
    int parts = MESSAGES_PER_KILL / PART;
    int last = random.nextInt(parts);
    for (int part = 0; part < parts; part++) {
      traffic.send(PART, part % 2 == 1 ? MALFORMED_EVERY / 2 : 0);
      if (part == last) {
        kill(site, victim);
      }
    }
  }

  private void start(Site site, int index) throws IOException {
    processes[index] = Program.start(site.environment(), folder, "run");
  }

  private static void awaitStarted(Program program) {
    Awaitility.await("a start")
        .atMost(Duration.ofSeconds(60))
        .until(() -> program.err().contains("Started"));
  }

  private void kill(Site site, int victim) {
    processes[victim].kill();
    if (site.queues().hidden() > 0) {
      killsWhileInHand++;
    }
    Awaitility.await().until(() -> !processes[victim].isAlive());
  }
}
