package dev.cameleon.demo;

import dev.cameleon.demo.SampleEvents.Malformed;
import dev.cameleon.support.Program;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * {@code mvn -q -Pdemo}: the main job on local servers. Starts them, sends samples, runs the real application with the real routes as a separate process, checks that every message is accounted for, and shows the results. Exits with 0 if all claims hold, otherwise with 1.
 */
public final class Demo {
  private static final int LOGINS = 600;
  private static final int SENT_AGAIN = 12;
  private static final long SEED = 20_261_122;
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final int LOG_TAIL_LINES = 25;

  private final Screen screen = new Screen();

  private Demo() {}

  /**
   * Runs the demo.
   *
   * @param arguments none; the system property {@code demo.keep} leaves the servers up, and {@code
   *     demo.example} names a folder of {@code examples/} to run instead
   */
  public static void main(String[] arguments) {
    long start = System.nanoTime();
    int code = 1;
    CleanUp cleanUp = CleanUp.atExit();
    try (cleanUp) {
      String example = System.getProperty("demo.example", "");
      code =
          example.isEmpty()
              ? new Demo().run(cleanUp, start)
              : Example.run(example, new Screen(), cleanUp) ? 0 : 1;
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
    } catch (Exception e) {
      if (cleanUp.isInterrupted()) {
        return;
      }
      System.err.println("\nThe demo failed: " + e);
      StackTraceElement[] frames = e.getStackTrace();
      for (int i = 0; i < Math.min(4, frames.length); i++) {
        System.err.println("    at " + frames[i]);
      }
    }
    System.exit(code);
  }

  private int run(CleanUp cleanUp, long start) throws Exception {
    screen.lines(List.of("", "Cameleon: SQS → mask → PostgreSQL, all on this machine", ""));
    LocalSite site =
        screen.step(
            "start a local SQS (ElasticMQ) and a real PostgreSQL", () -> LocalSite.start(cleanUp));
    Sent sent = screen.step(plan(), () -> send(site.queues()));
    String log = screen.step("run --until-empty, with the shipped routes", () -> load(site, sent));
    boolean recovered =
        screen.step("reveal one address, with the private key", () -> Recovery.works(site));
    Report report = new Report(sent, Results.read(site, log, recovered));
    Repair repair = new Repair(site);
    boolean repaired =
        screen.step("loosen a rule of the contract, replay a dead letter", repair::works);
    boolean good = report.good() && repaired;
    screen.lines(report.lines());
    screen.lines(repair.lines());
    screen.lines(Hints.forYourQueue());
    screen.lines(List.of(verdict(good, start)));
    if (!"false".equals(System.getProperty("demo.keep", "false"))) {
      screen.lines(Hints.kept(site));
      awaitEnter();
    }
    return good ? 0 : 1;
  }

  private static String plan() {
    return String.format(
        Locale.ROOT, "send %d logins, %d of them twice, and malformed ones", LOGINS, SENT_AGAIN);
  }

  private static String verdict(boolean good, long startNanos) {
    return String.format(
        Locale.ROOT,
        "%n%s after %.1f s.",
        good ? "All as it should be," : "NOT as it should be (see ✗ above),",
        (System.nanoTime() - startNanos) / 1e9);
  }

  /** Sends good and malformed messages mixed, then some good ones a second time. */
  private static Sent send(LocalQueues queues) {
    SampleEvents samples = new SampleEvents(SEED);
    List<Malformed> malformed = samples.malformed();
    List<String> logins = samples.logins(LOGINS);
    Map<String, Malformed> byBody = new LinkedHashMap<>();
    malformed.forEach(sample -> byBody.put(sample.body(), sample));
    List<String> bodies = new ArrayList<>(logins);
    bodies.addAll(byBody.keySet());
    Collections.shuffle(bodies, new Random(SEED));
    Instant sentAt = Instant.now();
    List<String> ids = queues.send(bodies);
    Map<String, Malformed> byId = new LinkedHashMap<>();
    List<String> goodIds = new ArrayList<>();
    List<String> goodBodies = new ArrayList<>();
    for (int i = 0; i < bodies.size(); i++) {
      if (byBody.containsKey(bodies.get(i))) {
        byId.put(ids.get(i), byBody.get(bodies.get(i)));
      } else {
        goodIds.add(ids.get(i));
        goodBodies.add(bodies.get(i));
      }
    }
    queues.resend(goodBodies.subList(0, SENT_AGAIN), goodIds.subList(0, SENT_AGAIN), sentAt);
    return new Sent(logins.size(), SENT_AGAIN, byId);
  }

  /** Runs the application to its end; returns its log. */
  private String load(LocalSite site, Sent sent) throws IOException, InterruptedException {
    Program program = site.run("run", "--until-empty", "--timeout", "50s");
    long logins = 0;
    while (program.isAlive()) {
      // Duplicates leave no trace that could be counted meanwhile; they are shown once the queue is
      // empty.
      logins = logins < sent.logins() ? rows(site) : logins;
      long again = logins == sent.logins() ? sent.again() : 0;
      screen.progress(logins + again + site.queues().deadLetters(), sent.total());
      TimeUnit.MILLISECONDS.sleep(LOOK.toMillis());
    }
    screen.endProgress();
    Program.Result result = program.result();
    if (result.exitCode() != 0) {
      List<String> log = result.err().lines().toList();
      throw new IllegalStateException(
          "run ended with exit code "
              + result.exitCode()
              + "; the end of its log:\n"
              + String.join(
                  "\n", log.subList(Math.max(0, log.size() - LOG_TAIL_LINES), log.size())));
    }
    return result.err();
  }

  private static long rows(LocalSite site) {
    boolean migrated =
        site.database().number("SELECT count(to_regclass('public.user_logins'))") == 1;
    return migrated ? site.database().number("SELECT count(*) FROM user_logins") : 0;
  }

  /** Waits for Enter or, without a terminal, until the process is asked to end. */
  private static void awaitEnter() throws IOException, InterruptedException {
    if (System.in.read() < 0) {
      new CountDownLatch(1).await();
    }
  }
}
