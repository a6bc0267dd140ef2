package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.PiiKind;
import dev.cameleon.crypto.PrivateKeyFile;
import dev.cameleon.crypto.RecipientKey;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.Masker;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A rotation while messages stream in: a loader with the old keyset and one with the new, and a
 * retokenize that is interrupted at random and started again.
 */
class RotationUnderLoadTest {
  private static final int ADDRESSES = 40;
  private static final int DEVICES = 60;
  private static final int MESSAGES_PER_BURST = 50;
  private static final int CUTS = 6;
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Retokenization.Sizes SMALL =
      new Retokenization.Sizes(1, 5, Duration.ofSeconds(60));

  @TempDir private Path folder;

  private final AtomicInteger sent = new AtomicInteger();
  private final Random random = new Random(5);

  private Site site;
  private RecipientKey anna;
  private Keyset rotated;
  private String officer;

  @BeforeEach
  void prepare() throws Exception {
    anna = PrivateKeyFile.read(Recipients.add(folder, "anna"));
    site = Site.in(folder, 10).with("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString());
    site.migrate();
    officer = "officer_of_" + site.database().name();
    site.database()
        .execute("CREATE ROLE " + officer + " LOGIN PASSWORD 'x' IN ROLE cameleon_officer");
    rotated = Keyset.read(Path.of(site.environment().get("CAMELEON_KEYSET"))).rotated();
    rotated.write(folder.resolve("mask-2.json"));
  }

  @Test
  void afterwardsEqualValuesAreEqualNothingIsLostAndTheOldProcessIsOut() throws Exception {
    ScheduledExecutorService sender = Executors.newSingleThreadScheduledExecutor();
    Run old = Run.on(site);
    try (Run current = Run.on(site.with("CAMELEON_KEYSET", folder + "/mask-2.json"))) {
      ScheduledFuture<?> sending =
          sender.scheduleWithFixedDelay(this::send, 0, 40, TimeUnit.MILLISECONDS);
      old.await(Outcome.LOADED, 500);
      current.await(Outcome.LOADED, 500);

      int cut = 0;
      while (cut < CUTS && !retokenizeCutOffAt(random.nextInt(20))) {
        cut++;
      }
      RetokenizationResult result = retokenize().orElseThrow();
      assertThat(cut).as("times that it was cut off").isGreaterThan(2);
      assertThat(result.retired()).isEqualTo(rotated.olderIds());

      long before = current.account().count(Outcome.LOADED);
      Awaitility.await().atMost(PATIENCE).until(() -> !old.health().ready().up());
      assertThat(old.health().ready().problems().get("DATABASE"))
          .contains("mask key is retired")
          .contains("keys rotate");
      current.await(Outcome.LOADED, before + 200);
      assertThat(sending.isDone()).as("the sender failed").isFalse();
      sender.shutdown();
      assertThat(sender.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
      assertThat(leftUnderTheOldKey()).isZero();
      assertThat(old.account().count(Outcome.DEAD_LETTERED)).isZero();
      old.close();
      Awaitility.await().atMost(PATIENCE).until(() -> rows() == sent.get());
      assertThat(current.account().count(Outcome.DEAD_LETTERED)).isZero();
    } finally {
      sender.shutdownNow();
      old.close();
    }
    everyRowHasTheTokensOfTheNewestKey();
    everyTokenHasOneEntryThatStillOpens();
    theViewShowsEachValueOnce();
  }

  private void send() {
    List<String> bodies = new ArrayList<>();
    for (int n = sent.get(); bodies.size() < MESSAGES_PER_BURST; n++) {
      bodies.add(Events.login(n).put("ip", ip(n)).put("device_id", device(n)).toString());
    }
    site.queues().send(bodies);
    sent.addAndGet(MESSAGES_PER_BURST);
  }

  private static String ip(int n) {
    return "10.9.8." + n % ADDRESSES;
  }

  private static String device(int n) {
    return String.format("123-45-%04d", n % DEVICES);
  }

  /**
   * Interrupts a retokenization after this many steps, at once or during the next step; returns
   * whether it ended.
   */
  private boolean retokenizeCutOffAt(int step) throws Exception {
    boolean atOnce = random.nextBoolean();
    AtomicInteger steps = new AtomicInteger();
    CompletableFuture<Void> cut = new CompletableFuture<>();
    try (Connection connection = connect()) {
      String pid = pid(connection);
      Retokenization retokenize = begin(connection);
      retokenize.run(
          (name, done, all, unit) -> {
            int now = steps.getAndIncrement();
            if (now == step) {
              cut(connection, pid, atOnce, cut);
            } else if (now > step) {
              cut.join();
            }
          });
      return true;
    } catch (SQLException e) {
      assertThat(steps.get()).as("it failed by itself: " + e.getSQLState()).isGreaterThan(step);
      return false;
    }
  }

  private void cut(
      Connection connection, String pid, boolean atOnce, CompletableFuture<Void> done) {
    if (atOnce) {
      try {
        connection.abort(Runnable::run);
        done.complete(null);
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    } else {
      Thread killer =
          new Thread(
              () -> {
                try {
                  site.database().query("SELECT pg_terminate_backend(" + pid + ")");
                } finally {
                  done.complete(null);
                }
              },
              "killer");
      killer.start();
    }
  }

  private Optional<RetokenizationResult> retokenize() throws Exception {
    try (Connection connection = connect()) {
      return Optional.of(begin(connection).run((step, done, all, unit) -> {}));
    }
  }

  /** Retries, because the server may notice late that the previous one was interrupted. */
  private Retokenization begin(Connection connection) throws SQLException {
    Retokenization retokenize =
        Awaitility.await()
            .until(() -> Retokenization.begin(connection, rotated, SMALL), Optional::isPresent)
            .orElseThrow();
    assertThat(retokenize.problem()).isEmpty();
    return retokenize;
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(site.database().url(), officer, "x");
  }

  private static String pid(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
      row.next();
      return row.getString(1);
    }
  }

  private long rows() {
    return site.database().number("SELECT count(*) FROM user_logins");
  }

  private long leftUnderTheOldKey() {
    String old = "'%\\_" + rotated.olderIds().get(0) + "\\_%'";
    return site.database()
            .number(
                "SELECT count(*) FROM user_logins WHERE masked_ip LIKE "
                    + old
                    + " OR maked_device_id LIKE "
                    + old)
        + site.database().number("SELECT count(*) FROM cameleon.vault WHERE token LIKE " + old);
  }

  private void everyRowHasTheTokensOfTheNewestKey() {
    Masker masker = new Masker(rotated, Map.of());
    Map<String, List<String>> rows = new HashMap<>();
    for (List<String> row :
        site.database().query("SELECT user_id, masked_ip, maked_device_id FROM user_logins")) {
      rows.put(row.get(0), row.subList(1, 3));
    }
    assertThat(rows).hasSize(sent.get());
    for (int n = 0; n < sent.get(); n++) {
      assertThat(rows.get("user-" + n))
          .containsExactly(
              masker.token(PiiKind.IP, "ip", ip(n)),
              masker.token(PiiKind.DEVICE, "device", device(n)));
    }
  }

  private void everyTokenHasOneEntryThatStillOpens() throws Exception {
    Masker masker = new Masker(rotated, Map.of());
    Map<String, String> originals = new HashMap<>();
    for (int n = 0; n < ADDRESSES * DEVICES; n++) {
      originals.put(masker.token(PiiKind.IP, "ip", ip(n)), ip(n));
      originals.put(masker.token(PiiKind.DEVICE, "device", device(n)), device(n));
    }
    try (Connection connection = site.database().connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT token, entry, sealed, sealed_key"
                    + " FROM cameleon.vault JOIN cameleon.sealed_data_key USING (data_key)")) {
      while (row.next()) {
        byte[] value = anna.open(row.getBytes(4), row.getObject(2, UUID.class), row.getBytes(3));
        assertThat(new String(value, StandardCharsets.UTF_8))
            .isEqualTo(originals.remove(row.getString(1)));
      }
    }
    assertThat(originals).isEmpty();
  }

  private void theViewShowsEachValueOnce() {
    assertThat(site.database().query("SELECT count(*), sum(logins) FROM cameleon.duplicate_ips"))
        .containsExactly(List.of("" + ADDRESSES, "" + sent.get()));
    assertThat(
            site.database().query("SELECT count(*), sum(logins) FROM cameleon.duplicate_devices"))
        .containsExactly(List.of("" + DEVICES, "" + sent.get()));
  }
}
