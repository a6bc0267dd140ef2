package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Account;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two processes, a database with TLS and a synchronous standby, and everything fails at random
 * moments while messages flow. {@code -Dsoak=N} makes it N times as long (4: 32 000 messages),
 * {@code -Dseed=S} repeats a run's order of faults.
 */
abstract class CrashScenario {
  private static final int SOAK = Integer.getInteger("soak", 1);
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final int MESSAGES_PER_STRIKE = SOAK == 1 ? 400 : 1000;

  /**
   * Messages are sent in parts of this size: a strike comes after one of them, and the others
   * follow.
   */
  private static final int PART = 50;

  /**
   * The last message of each part becomes a dead letter: in one part of this many it is refused by
   * the table, in the others it is malformed.
   */
  private static final int REFUSED_PARTS = 2;

  private static final String TOKENS_WITHOUT_ORIGINAL =
      "SELECT count(*) FROM user_logins WHERE masked_ip NOT IN (SELECT token FROM cameleon.vault)"
          + " OR maked_device_id NOT IN (SELECT token FROM cameleon.vault)";

  /** A message whose dead letter was not accepted stays invisible for at most 300 s. */
  private static final Duration PATIENCE = Duration.ofSeconds(340);

  /** The kinds of failure, with their frequency among eight. */
  enum Strike {
    SIGKILL(3),
    SIGTERM(1),
    SIGSTOP(1),
    PRIMARY_KILLED(1),
    STANDBY_KILLED(1),
    SQS_FAILS(1);

    private final int times;

    Strike(int times) {
      this.times = times;
    }
  }

  @TempDir private Path folder;

  private final Random random = new Random(SEED);
  private final Program[] processes = new Program[2];
  private final SqsTrouble trouble = new SqsTrouble(random);
  private final Map<Strike, Integer> inFlight = new EnumMap<>(Strike.class);
  private Site site;
  private Replicated postgres;
  private int connectionsCut;
  private long duplicates;

  /**
   * Runs the scenario.
   *
   * @param kinds what happens, in random order
   */
  void run(int eventsPerMessage, Strike... kinds) throws Exception {
    String name = getClass().getSimpleName();
    List<Strike> strikes = strikes(kinds);
    System.out.println(name + " seed=" + SEED + " strikes=" + strikes.size());
    long began = System.nanoTime();
    try (Replicated replicated = Replicated.in(folder);
        SqsProxy sqs = SqsProxy.start()) {
      postgres = replicated;
      prepare(sqs);
      Traffic traffic = new Traffic(site, postgres.database(), eventsPerMessage);
      start(0);
      start(1);
      trouble.mild(sqs);
      for (Strike strike : strikes) {
        sendAndStrike(traffic, strike, sqs);
      }
      Account last = lastRun(sqs);
      System.out.printf(
          "%s: %d messages in %d s; strikes while messages were in flight %s, connections cut %d,"
              + " answers of SQS spoilt %d, duplicates absorbed at least %d; at last %s%n",
          name,
          strikes.size() * MESSAGES_PER_STRIKE,
          Duration.ofNanos(System.nanoTime() - began).toSeconds(),
          inFlight,
          connectionsCut,
          trouble.count(),
          duplicates,
          last);
      assertItWasTried(strikes.size());
      assertThat(last.count(Outcome.RETURNED)).isZero();
      assertThat(last.inFlight()).isZero();
      assertThat(traffic.good() + traffic.malformed())
          .isEqualTo(strikes.size() * MESSAGES_PER_STRIKE);
      traffic.assertArrivedOnce();
      assertThat(postgres.database().number(TOKENS_WITHOUT_ORIGINAL)).isZero();
      postgres.assertStandbyHasTheSame();
    } finally {
      Stream.of(processes).filter(Objects::nonNull).forEach(Program::close);
    }
  }

  private void prepare(SqsProxy sqs) throws Exception {
    Recipients.add(folder, "officer");
    site =
        Site.in(folder.resolve("site"), 5)
            .with("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString())
            .with("CAMELEON_DB_URL", postgres.url())
            .with("AWS_ENDPOINT_URL", sqs.url());
    site.migrate();
    postgres
        .database()
        .execute("ALTER TABLE user_logins ADD CHECK (device_type <> 'refused by the table')");
  }

  private void assertItWasTried(int strikes) {
    assertThat(inFlight.values().stream().mapToInt(n -> n).sum())
        .as("strikes while messages were in flight")
        .isGreaterThan(strikes / 2);
    assertThat(connectionsCut).as("connections cut").isPositive();
    assertThat(trouble.count()).as("answers of SQS spoilt").isGreaterThan(strikes);
  }

  private List<Strike> strikes(Strike... all) {
    List<Strike> strikes = new ArrayList<>();
    for (Strike strike : all) {
      strikes.addAll(Collections.nCopies(strike.times * SOAK, strike));
    }
    Collections.shuffle(strikes, random);
    return strikes;
  }

  private void sendAndStrike(Traffic traffic, Strike strike, SqsProxy sqs) throws Exception {
    Program victim = processes[random.nextInt(processes.length)];
    awaitStarted(victim);
    int parts = MESSAGES_PER_STRIKE / PART;
    int at = random.nextInt(parts);
    int cutAt = random.nextInt(parts);
    for (int part = 0; part < parts; part++) {
      if (part % REFUSED_PARTS == 0) {
        traffic.send(PART - 1, 0).sendMalformed(refusedByTheTable());
      } else {
        traffic.send(PART, PART);
      }
      if (part == cutAt) {
        connectionsCut += postgres.cut();
      }
      if (part == at) {
        strike(strike, victim, sqs);
        inFlight.merge(strike, site.queues().hidden() > 0 ? 1 : 0, Integer::sum);
      }
    }
    mend(strike, victim, traffic, sqs);
  }

  private static String refusedByTheTable() {
    return Events.login(0).put("device_type", "refused by the table").toString();
  }

  private void strike(Strike strike, Program victim, SqsProxy sqs) throws Exception {
    switch (strike) {
      case SIGKILL -> {
        duplicates += Scraped.of(victim).outcome("duplicate");
        victim.kill();
      }
      case SIGTERM -> victim.terminate();
      case SIGSTOP -> victim.standStill();
      case PRIMARY_KILLED -> postgres.primary().kill();
      case STANDBY_KILLED -> postgres.standby().kill();
      case SQS_FAILS -> trouble.severe(sqs);
    }
  }

  private void mend(Strike strike, Program victim, Traffic traffic, SqsProxy sqs) throws Exception {
    switch (strike) {
      case SIGKILL -> {
        Awaitility.await().until(() -> !victim.isAlive());
        startAnew(victim);
      }
      case SIGTERM -> {
        duplicates += ended(victim).count(Outcome.DUPLICATE);
        startAnew(victim);
      }
      case SIGSTOP -> {
        // The messages that it has in flight become visible and are loaded by the other process.
        Awaitility.await("the other has loaded all").atMost(PATIENCE).until(traffic::isLoaded);
        victim.goOn();
      }
      case PRIMARY_KILLED -> postgres.primary().startAgain();
      case STANDBY_KILLED -> postgres.standby().startAgain();
      case SQS_FAILS -> trouble.mild(sqs);
    }
  }

  private Account lastRun(SqsProxy sqs) throws Exception {
    sqs.heal();
    for (Program process : processes) {
      awaitStarted(process);
      process.terminate();
      duplicates += ended(process).count(Outcome.DUPLICATE);
    }
    try (Program end =
        Program.start(site.environment(), folder, "run", "--until-empty", "--timeout", "330s")) {
      Account account = ended(end);
      duplicates += account.count(Outcome.DUPLICATE);
      return account;
    }
  }

  private static Account ended(Program process) throws Exception {
    Program.Result result = process.result(PATIENCE);
    assertThat(result.exitCode()).as(result.err()).isZero();
    return ProcessResult.account(result.err());
  }

  private void start(int index) throws IOException {
    processes[index] = Program.start(site.environment(), folder, "run");
  }

  private void startAnew(Program ended) throws IOException {
    start(processes[0] == ended ? 0 : 1);
  }

  private static void awaitStarted(Program program) {
    Awaitility.await("a start").atMost(PATIENCE).until(() -> program.err().contains("Started"));
  }
}
