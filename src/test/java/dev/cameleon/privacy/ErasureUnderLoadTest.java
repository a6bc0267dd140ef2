package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.db.Database;
import dev.cameleon.support.Events;
import dev.cameleon.vault.SuppressionList;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Erasure while loaders, which remember tokens, keep adding the same values. */
class ErasureUnderLoadTest {
  private static final int LOADERS = 3;
  private static final int USERS = 60;
  private static final int VALUES = 250;
  private static final int ERASURES = System.getProperty("soak") == null ? 3 : 5;
  private static final int TOKENS = 40;

  @TempDir private Path folder;

  @Test
  void everyTokenOfARowIsInTheVaultDuringErasures() throws Exception {
    VaultSite site = new VaultSite(folder);
    Database.Login officer = site.login("cameleon_officer");
    Random random = new Random();
    AtomicBoolean ended = new AtomicBoolean();
    AtomicLong loaded = new AtomicLong();
    ExecutorService loaders = Executors.newFixedThreadPool(LOADERS);
    List<Future<?>> loading = new ArrayList<>();
    for (int i = 0; i < LOADERS; i++) {
      loading.add(loaders.submit(() -> load(site, ended, loaded)));
    }

    long entries = 0;
    List<String> persons = new ArrayList<>();
    for (int i = 0; i < ERASURES; i++) {
      TimeUnit.MILLISECONDS.sleep(random.nextInt(300)); // any moment
      try (Erasure erase = Erasure.open(officer, VaultSite.MEMORY, ErasureUnderLoadTest::pause)) {
        if (i % 2 == 0) {
          persons.add("user-" + i);
          entries += erase.person("user-" + i, site.keyset(), "T", true).entries();
        } else {
          entries += erase.tokens(some(site, i * TOKENS), Optional.empty(), "T").entries();
        }
      }
    }
    ended.set(true);
    for (Future<?> each : loading) {
      each.get(30, TimeUnit.SECONDS);
    }
    loaders.shutdown();

    assertThat(loaded.get()).isGreaterThan(1000);
    assertThat(entries).isPositive();
    assertThat(site.tokensWithoutEntry()).isZero();
    assertThat(site.database().query("SELECT DISTINCT user_id FROM user_logins"))
        .extracting(row -> row.get(0))
        .isNotEmpty()
        .doesNotContainAnyElementsOf(persons);
  }

  private static void load(VaultSite site, AtomicBoolean ended, AtomicLong loaded) {
    try (Connection connection = site.database().connect()) {
      while (!ended.get()) {
        SuppressionList suppression = new SuppressionList(site.masker());
        suppression.refresh(connection);
        ObjectNode[] events = new ObjectNode[5];
        for (int i = 0; i < events.length; i++) {
          events[i] = event();
        }
        site.load(connection, suppression, events);
        loaded.addAndGet(events.length);
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> some(VaultSite site, int from) {
    return IntStream.range(from, from + TOKENS).mapToObj(n -> site.ip(address(n))).toList();
  }

  /** Each user has their own device; addresses are shared, and most of them are rare. */
  private static ObjectNode event() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    // A rare value is often in no row when its entry is deleted, and comes back at that moment.
    int address = random.nextInt(10) == 0 ? random.nextInt(VALUES) : VALUES;
    return Events.login(random.nextInt(USERS)).put("ip", address(address));
  }

  private static String address(int n) {
    return "10.1.0." + n;
  }

  private static void pause(Duration time, String why) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(time.toMillis());
  }
}
